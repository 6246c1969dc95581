/** Token ids, images or states from a .npy or .safetensors file. */
import { plainText } from '@saccade/pictures';
import { FormatError, loadNpy, openSafetensors, type ReadOptions, reshape, show, type Tensor } from '@saccade/tensor';
import type { CommandModel } from './model.js';
import { requireTexts } from './read-texts.js';

/**
 * One sample a row: token ids where the file has whole numbers, else images or states in the model's own type.
 * @throws {FormatError} for damaged files, and shapes that the model cannot take @throws {SaccadeError} with code `io`
 */
export async function readStates(opened: CommandModel, path: string): Promise<number[][] | Tensor> {
  const read = (options: ReadOptions): Promise<Tensor> =>
    path.endsWith('.npy') ? loadNpy(path, options) : readTensor(path, options);
  const found = await read({});
  if (found.dtype === 'int32' && found.rank >= 1 && found.rank <= 2) {
    const ids = Array.from(await found.data());
    const length = found.shape.at(-1) as number;
    found.dispose();
    const texts = Array.from({ length: ids.length / length || 0 }, (_, i) => ids.slice(i * length, (i + 1) * length));
    return requireTexts(opened, path, texts.length === 0 ? [[]] : texts);
  }
  const shape = batchShape(opened, found);
  if (shape === undefined) {
    const got = `${found.dtype} ${show(found.shape)}`;
    found.dispose();
    throw new FormatError(`${plainText(path)}: expected ${accepted(opened)}, got ${got}`);
  }
  if (opened.dtype === found.dtype) return batched(found, shape);
  found.dispose();
  return batched(await read({ dtype: opened.dtype }), shape);
}

/** The tensor `tokens` of a file, or its only one. */
async function readTensor(path: string, options: ReadOptions): Promise<Tensor> {
  const file = await openSafetensors(path);
  try {
    const { names } = file;
    const name = names.includes('tokens') ? 'tokens' : names[0];
    if (name !== undefined && (name === 'tokens' || names.length === 1)) return await file.read(name, options);
    throw new FormatError(`${plainText(path)}: expected a tensor 'tokens', or one tensor alone, got ${names.length}`);
  } finally {
    await file.close();
  }
}

/** With an axis of samples; undefined for what the model cannot take. */
function batchShape({ model }: CommandModel, { dtype, shape, rank }: Tensor): readonly number[] | undefined {
  if (dtype !== 'float32' || shape.includes(0)) return undefined;
  const areStates = (rank === 2 || rank === 3) && shape.at(-1) === model.width;
  const areImages = model.map.embeddings?.patch !== undefined && (rank === 3 || rank === 4);
  if (!areStates && !areImages) return undefined;
  return rank === (areStates ? 2 : 3) ? [1, ...shape] : shape;
}

function accepted({ model, vocabulary }: CommandModel): string {
  const states = `states [texts, tokens, ${model.width}]`;
  if (vocabulary !== undefined) return `whole numbers [texts, tokens], or ${states}`;
  return model.map.embeddings?.patch === undefined ? states : `images [images, height, width, colours], or ${states}`;
}

function batched(found: Tensor, shape: readonly number[]): Tensor {
  if (found.rank === shape.length) return found;
  const one = reshape(found, shape);
  found.dispose();
  return one;
}
