/** What can be seen of a checkpoint without its weights, and how redundant they are. */
import { FormatError, init, memory, OptionError } from '@saccade/tensor';
import { assertClose, assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertToBlob } from '../../src/checkpoint/convert-checkpoint.js';
import { inspectCheckpoint } from '../../src/checkpoint/inspect-checkpoint.js';
import { layerEnergies } from '../../src/checkpoint/layer-energies.js';
import { bert, checkpoint, encoded, gpt2, llama } from './synthetic.js';

onTestDevice(test, init);

test('layers with their sizes, and the rank from which on sharing saves nothing', async () => {
  const { shapes, config } = bert(1);
  const file = await checkpoint({ shapes });
  const read = (): never => {
    throw new Error('a weight was read');
  };
  const { layers, tensors, bytes, shared } = await inspectCheckpoint({ ...file, read, readStored: read }, { config });
  assert.equal(layers, [
    {
      ...{ layer: 'bert.encoder.layer.0.attention.self', family: 'bert', heads: 2, keyHeads: 2, dims: 4, width: 8 },
      ...{ scale: 0.5, attends: 'all', dtype: 'F32', bytes: 576, breakEvenRank: 8 },
    },
  ]);
  assert.equal([tensors, bytes, shared], [9, 4 * (88 + 4 * 72), []]);
  const source = await encoded({ shapes });
  const status = async (sharedDim: number): Promise<string | undefined> =>
    (await convertToBlob(source, { sharedDim, config })).report.layers[0]?.status;
  assert.equal([await status(7), await status(8)], ['converted', 'unchanged']);
});

test('layers that cannot be shared, and those that are', async () => {
  const { layers } = await inspectCheckpoint(await encoded(llama()));
  assert.match((layers[0] as { readonly unsupported: string }).unsupported, /RoPE/);
  const { shapes, config } = gpt2();
  const { blob } = await convertToBlob(await encoded({ shapes }), { sharedDim: 3, config });
  const { shared, layers: none } = await inspectCheckpoint(blob);
  assert.equal(none, []);
  assert.equal(
    shared.map(({ path, sharedDim, scale, names }) => [path, sharedDim, scale, names.value]),
    [
      ['h.0.attn', 3, 0.5, 'h.0.attn.value.weight'],
      ['h.1.attn', 3, 0.5, 'h.1.attn.value.weight'],
    ],
  );
  await assertRejects(() => inspectCheckpoint(blob, { nonsense: 1 } as never), OptionError, /no option 'nonsense'/);
});

test('energies of each layer, or of one', async () => {
  const { shapes, config } = bert(2);
  const source = await encoded({ shapes });
  const before = memory().tensors;
  const seen: number[] = [];
  const all = await layerEnergies(source, { config, onProgress: ({ index }) => seen.push(index) });
  assert.is(memory().tensors, before);
  assert.equal(seen, [0, 1]);
  for (const { heads, dims, energy } of all) {
    assert.equal([heads, dims, energy.heads.length, energy.heads[0]!.length], [2, 4, 2, 4]);
    for (const curve of [...energy.heads, energy.query, energy.key, energy.unfoldings.query])
      assertClose(curve.at(-1)!, 1, { rtol: 1e-9 });
  }
  const layer = 'bert.encoder.layer.1.attention.self';
  assert.equal(await layerEnergies(source, { config, layer }), [all[1]!]);
  await assertRejects(
    () => layerEnergies(source, { config, layer: 'x' }),
    OptionError,
    /no layer "x" that can be shared; there are "bert\./,
  );
  const controller = new AbortController();
  controller.abort(new Error('enough'));
  await assertRejects(() => layerEnergies(source, { config, signal: controller.signal }), Error, /enough/);
  await assertRejects(() => layerEnergies(new Uint8Array(9), { config }), FormatError, /.*/);
});

test.run();
