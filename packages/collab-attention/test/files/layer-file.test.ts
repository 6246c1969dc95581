/** Layers in files: there and back to the bit, under the release's names, and damaged ones refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, memory, OptionError, openSafetensors, Rng } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadCollaborativeAttention, saveCollaborativeAttention } from '../../src/files/layer-file.js';
import { CollaborativeAttention } from '../../src/layer/collaborative-attention.js';

const folder = mkdtempSync(join(tmpdir(), 'saccade-collab-'));
test.after(() => rmSync(folder, { recursive: true }));
const rng = new Rng(0);

test('a layer of any form comes back as it was', async () => {
  const before = memory().tensors;
  const forms = [
    {},
    { contextWidth: 5, dense: false, contentBias: false, scale: 'released', dropout: 0.2 },
    { layerNorm: 1e-12, valueWidth: 4, projectionBias: true, valueBias: false, denseBias: false, scale: 0.3 },
  ] as const;
  for (const [i, form] of forms.entries()) {
    const layer = new CollaborativeAttention({ width: 8, heads: 2, sharedDim: 3, ...form, rng });
    const path = join(folder, `${i}.safetensors`);
    await saveCollaborativeAttention(path, layer, { metadata: { note: 'mine' } });
    const again = await loadCollaborativeAttention(path);
    assert.equal(again.config, layer.config);
    for (const [name, t] of layer.parameters()) {
      assert.equal(again.parameters().get(name)!.dataSync(), t.dataSync(), name);
    }
    const file = await openSafetensors(path);
    assert.is(file.metadata.note, 'mine');
    await file.close();
    layer.dispose();
    again.dispose();
  }
  assert.is(memory().tensors, before);
});

test('names are those of the release', async () => {
  const layer = new CollaborativeAttention({ width: 8, heads: 2, sharedDim: 3, layerNorm: true, rng });
  const names = ['mixing', 'query.weight', 'key.weight', 'content_bias.weight', 'value.weight', 'value.bias'];
  const more = ['dense.weight', 'dense.bias', 'layer_norm.weight', 'layer_norm.bias'];
  assert.equal([...layer.parameters().keys()].sort(), [...names, ...more].sort());
  layer.dispose();
});

test('other things, other files, and files that ask for more than they hold, are refused', async () => {
  const before = memory().tensors;
  await assertRejects(
    () => saveCollaborativeAttention(join(folder, 'x'), {} as never),
    OptionError,
    /expected a CollaborativeAttention/,
  );
  const layer = new CollaborativeAttention({ width: 8, heads: 2, sharedDim: 3, rng });
  const path = join(folder, 'good.safetensors');
  await saveCollaborativeAttention(path, layer);
  const bytes = readFileSync(path);
  const changed = (from: string, to: string): Uint8Array => {
    const text = Buffer.from(bytes).toString('latin1');
    assert.ok(text.includes(from) && from.length === to.length);
    return Buffer.from(text.replace(from, to), 'latin1');
  };
  const refusals: [Uint8Array, RegExp][] = [
    [bytes.subarray(0, bytes.length - 4), /./],
    [changed('saccade_collaborative_attention', 'saccade_collaborative_attentioN'), /expected a file of/],
    [changed('\\"width\\":8', '\\"width\\":9'), /./],
    [changed('\\"heads\\":2', '\\"heads\\":0'), /asks for more than/],
    [changed('\\"sharedDim\\":3', '\\"sharedDim\\":9'), /asks for more than/],
    [changed('\\"sharedDim\\":3', '\\"sharedDim\\":x'), /no JSON/],
  ];
  for (const [i, [damaged, message]] of refusals.entries()) {
    const bad = join(folder, `bad-${i}.safetensors`);
    writeFileSync(bad, damaged);
    await assertRejects(() => loadCollaborativeAttention(bad), i === 2 ? (Error as never) : FormatError, message);
  }
  layer.dispose();
  assert.is(memory().tensors, before);
});

test.run();
