/** Checkpoints with the names of BERT and random weights, written tensor by tensor. */
import { type LazyEntry, Rng, saveSafetensors, type Tensor } from '@saccade/tensor';

/** Sizes of a model. */
export interface BertSizes {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly vocabulary: number;
  readonly positions: number;
}

/** BERT-base: 438 MB. */
export const bertBase: BertSizes = { layers: 12, width: 768, heads: 12, vocabulary: 30_522, positions: 512 };

/** Its configuration. */
export function bertConfig({ layers, width, heads, vocabulary }: BertSizes): Record<string, unknown> {
  return {
    model_type: 'bert',
    hidden_size: width,
    num_attention_heads: heads,
    num_hidden_layers: layers,
    vocab_size: vocabulary,
  };
}

/** Shapes by name. */
function bertShapes({ layers, width, vocabulary, positions }: BertSizes): ReadonlyMap<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>([
    ['bert.embeddings.word_embeddings.weight', [vocabulary, width]],
    ['bert.embeddings.position_embeddings.weight', [positions, width]],
    ['bert.embeddings.token_type_embeddings.weight', [2, width]],
  ]);
  const linear = (name: string, out: number, into: number): void => {
    shapes.set(`${name}.weight`, [out, into]).set(`${name}.bias`, [out]);
  };
  const norm = (name: string): void => {
    shapes.set(`${name}.weight`, [width]).set(`${name}.bias`, [width]);
  };
  norm('bert.embeddings.LayerNorm');
  for (let i = 0; i < layers; i++) {
    const layer = `bert.encoder.layer.${i}`;
    for (const part of ['query', 'key', 'value']) linear(`${layer}.attention.self.${part}`, width, width);
    linear(`${layer}.attention.output.dense`, width, width);
    norm(`${layer}.attention.output.LayerNorm`);
    linear(`${layer}.intermediate.dense`, 4 * width, width);
    linear(`${layer}.output.dense`, width, 4 * width);
    norm(`${layer}.output.LayerNorm`);
  }
  linear('bert.pooler.dense', width, width);
  return shapes;
}

/** Tensors that are drawn when their turn comes, the same for a seed. @param dtype in the file */
function bertEntries(sizes: BertSizes, seed = 0, dtype: LazyEntry['dtype'] = 'F32'): Map<string, LazyEntry> {
  const rng = new Rng(seed);
  const entries = new Map<string, LazyEntry>();
  for (const [name, shape] of bertShapes(sizes)) {
    const own = rng.fork();
    entries.set(name, { dtype, shape, read: (): Tensor => own.normal(shape, { deviation: 0.04 }) });
  }
  return entries;
}

/** Writes a model to a path. */
export async function saveBert(path: string, sizes: BertSizes, seed = 0): Promise<void> {
  await saveSafetensors(path, bertEntries(sizes, seed), { metadata: { format: 'pt' } });
}
