/** State dicts of the original, by name. */
import { readFileSync } from 'node:fs';
import { StateDictError } from '@saccade/nn';
import {
  encodeSafetensors,
  init,
  loadSafetensors,
  memory,
  ones,
  openSafetensors,
  Rng,
  scope,
  tensor,
} from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadOriginal } from '../../src/files/load-original.js';
import { GroupSelfAttention } from '../../src/layers/group-self-attention.js';
import { TransformerBlock } from '../../src/layers/transformer-block.js';
import { GroupAttentionNet } from '../../src/network/group-attention-net.js';
import { released } from '../../src/network/published-nets.js';
import { assertNear, Vectors } from '../reference.js';

onTestDevice(test, init);

const rng = new Rng(0);
const read = (file: string): Uint8Array => readFileSync(new URL(`../golden/${file}.safetensors`, import.meta.url));

const p4 = { group: 'p4', patch: 3, blocks: [1, 1], crop: [1, 0] } as const;
const z2 = { group: 'z2', patch: 5, blocks: [1, 1], crop: [1, 0], normBetweenLayers: true } as const;
const common = { size: 14, classes: 10, channels: 8, heads: 2, spatialPool: 'sum', rng } as const;

for (const [file, options] of [
  ['net_p4_local', p4],
  ['net_z2_local', z2],
] as const) {
  // biome-ignore format: pairs
  test(`${file}: a network takes the original's weights and gives its logits`, async () => {
    const before = memory().tensors;
    const net = new GroupAttentionNet({ ...common, ...options, ...released('paper2021') });
    await loadOriginal(read(file), net, { prefix: 'w0.' });
    await scope(async () => {
      const vectors = new Vectors(file);
      await assertNear(net.forward(vectors.channelsLast('x')), vectors.tensor('logits'), 2e-5, file);
    });
    net.dispose();
    assert.is(memory().tensors, before);
  });
}

test('a block and a layer take theirs', async () => {
  const block = new TransformerBlock(4, 6, { group: 'p4', heads: 2, patch: 3, crop: 1, ...released('paper2021'), rng });
  await loadOriginal(read('transformer_block'), block, { prefix: 'w.' });
  const layer = new GroupSelfAttention(4, 4, {
    group: 'p4',
    heads: 2,
    mid: 6,
    patch: 3,
    encoding: 'paper2021',
    encodingEps: 1e-12,
    rng,
  });
  const file = await openSafetensors(read('group_local_p4'));
  await loadOriginal(file, layer, { prefix: 'w.' });
  await scope(async () => {
    for (const [module, name] of [
      [block, 'transformer_block'],
      [layer, 'group_local_p4'],
    ] as const) {
      // biome-ignore format: pairs
      const vectors = new Vectors(name);
      await assertNear(module.forward(vectors.channelsLast('x')), vectors.channelsLast('y'), 2e-5, name);
    }
  });
  await file.close();
  for (const one of [block, layer]) one.dispose();
});

test('of a checkpoint as it is, module. before all and indices beside the weights, the weights are read', async () => {
  const { tensors } = await loadSafetensors(read('net_p4_local'));
  const kept = [...tensors].filter(([name]) => name.startsWith('w0.'));
  const all = new Map(kept.map(([name, t]) => [`module.${name.slice(3)}`, t]));
  const extra = { indices: tensor(Int32Array.of(1, 2)), floats: ones([3]) };
  for (const name of ['lifting_self_attention.row_indices', 'group._elements', 'transformer.0.attention.2.g_indices']) {
    all.set(`module.${name}`, name.includes('g_indices') ? extra.indices : extra.floats);
  }
  const bytes = await encodeSafetensors(all);
  const net = new GroupAttentionNet({ ...common, ...p4, ...released('paper2021') });
  await loadOriginal(bytes, net);
  await scope(async () => {
    const vectors = new Vectors('net_p4_local');
    await assertNear(net.forward(vectors.channelsLast('x')), vectors.tensor('logits'), 2e-5, 'logits');
  });
  for (const t of [...tensors.values(), ...Object.values(extra), net]) t.dispose();
});

test('what does not fit is told by name, and changes nothing', async () => {
  const net = new GroupAttentionNet({ ...common, ...p4, channels: 12 });
  const start = net.stateDict();
  await assertRejects(
    () => loadOriginal(read('net_p4_local'), net, { prefix: 'w0.' }),
    StateDictError,
    /lifting\.query\.weight: expected \[12, 1\], got \[8, 1\]/,
  );
  await assertRejects(() => loadOriginal(read('net_z2_local'), net, { prefix: 'w0.' }), StateDictError, /blocks\.0\.0/);
  await assertRejects(() => loadOriginal(read('net_p4_local'), net), StateDictError, /w0\.lifting_self_attention/);
  const after = net.stateDict();
  for (const [name, t] of start) assert.equal(after.get(name)!.dataSync(), t.dataSync());
  for (const t of [...start.values(), ...after.values(), net]) t.dispose();
});

test.run();
