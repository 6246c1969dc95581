/** Converted layers in the class for them: the names are its own, and so are the numbers. */
import { readFileSync } from 'node:fs';
import { loadStateDict } from '@saccade/nn';
import { dispose, init, loadSafetensors, memory, openSafetensors, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { sharedLayers } from '../../src/checkpoint/shared-block.js';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';

onTestDevice(test, init);

const folder = new URL('../golden/hf/', import.meta.url);
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(new URL(name, folder)));
const scalars = JSON.parse(readFileSync(new URL('bert.json', folder), 'utf8')) as {
  readonly config: { readonly hidden_size: number };
};
const { config } = scalars;

/** The context of each layer of a converted checkpoint, computed by the class. */
async function contexts(blob: Blob, io: ReadonlyMap<string, Tensor>, released: boolean): Promise<Float32Array[]> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const { tensors, metadata } = await loadSafetensors(bytes);
  const results: Float32Array[] = [];
  for (const { path, heads, sharedDim, scale } of sharedLayers(metadata)!.layers) {
    const layer = new CollaborativeAttention({
      ...{
        width: config.hidden_size,
        heads,
        sharedDim,
        dense: false,
        scale: released ? 'released' : scale,
        rng: new Rng(0),
      },
    });
    const own = [...tensors].filter(([name]) => name.startsWith(`${path}.`));
    loadStateDict(layer, Object.fromEntries(own.map(([name, value]) => [name.slice(path.length + 1), value])));
    results.push(
      scope(() => Float32Array.from(layer.forward(io.get('hidden')!, { bias: io.get('mask')! }).dataSync())),
    );
    layer.dispose();
  }
  dispose(tensors);
  return results;
}

test('BERT: the class loads each layer as it is, with either divisor', async () => {
  const before = memory().tensors;
  const { tensors: io } = await loadSafetensors(bytesOf('bert.io.safetensors'));
  for (const form of ['plain', 'released'] as const) {
    const whole = { sharedDim: config.hidden_size, config, form, allowGrowth: true };
    const { blob } = await convertToBlob(bytesOf('bert.safetensors'), whole);
    const found = await contexts(blob, io, form === 'released');
    for (const [i, context] of found.entries()) {
      assertClose(context, io.get(`layer${i}.context`)!.dataSync(), { atol: 1e-5 }, `${form}, layer ${i}`);
    }
  }
  // Compressed, both divisors are one model.
  const both = await Promise.all(
    (['plain', 'released'] as const).map(async (form) => {
      const { blob } = await convertToBlob(bytesOf('bert.safetensors'), { sharedDim: 8, config, form });
      return contexts(blob, io, form === 'released');
    }),
  );
  for (const [i, context] of both[0]!.entries()) assertClose(context, both[1]![i]!, { atol: 1e-5 });
  dispose(io);
  assert.is(memory().tensors, before);
});

test('DistilBERT and ALBERT have the names of the released class where that is asked for', async () => {
  const cases = [
    [
      'distilbert',
      [
        'content_bias.weight',
        'dense.bias',
        'dense.weight',
        'key.weight',
        'mixing',
        'query.weight',
        'value.bias',
        'value.weight',
      ],
    ],
    [
      'albert',
      [
        'content_bias.weight',
        'dense.bias',
        'dense.weight',
        'key.weight',
        'layer_norm.bias',
        'layer_norm.weight',
        'mixing',
        'query.weight',
        'value.bias',
        'value.weight',
      ],
    ],
  ] as const;
  for (const [name, expected] of cases) {
    const { config: own } = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as {
      readonly config: object;
    };
    const { blob } = await convertToBlob(bytesOf(`${name}.safetensors`), {
      sharedDim: 5,
      config: own as never,
      form: 'released',
    });
    const { names, metadata } = await openSafetensors(blob);
    const { path } = sharedLayers(metadata)!.layers[0]!;
    const inside = names.filter((one) => one.startsWith(`${path}.`)).map((one) => one.slice(path.length + 1));
    assert.equal(inside.sort(), expected);
  }
});

test.run();
