/** `attention-conv certify`: within the bound or above it, and by its exit status too. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assign, dispose, init, loadSafetensors, Rng, saveSafetensors, scope, tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../../src/cli/certify.js';
import { convToAttention } from '../../src/convert/conv-to-attention.js';
import { saveAttention } from '../../src/files/attention-file.js';
import { convertNetwork } from '../../src/network/convert-network.js';
import { networkLayers } from '../files/networks.js';
import { attentionConv, writeNetwork } from './command.js';

onTestDevice(test, init);

const against = ['--against', 'cnn.safetensors', '--spec', 'layers.json'];

test('within the bound as converted, above it once trained, or where the difference is no number', async () => {
  const folder = newFolder();
  await writeNetwork(folder);
  const { tensors } = await loadSafetensors(join(folder, 'cnn.safetensors'));
  const { network } = convertNetwork(tensors, networkLayers, { extents: [6, 6] });
  await saveAttention(join(folder, 'made.safetensors'), network);
  const bias = network.parameters().get('g.bias')!;
  scope(() => assign(bias, bias.add(10)));
  await saveAttention(join(folder, 'trained.safetensors'), network);
  scope(() => assign(bias, bias.mul(Number.NaN)));
  await saveAttention(join(folder, 'nan.safetensors'), network);
  dispose([tensors, network]);
  const run = (file: string, ...more: string[]) => attentionConv(['certify', file, ...against, ...more], folder);
  const [made, json, trained, nan] = await Promise.all([
    run('made.safetensors'),
    run('made.safetensors', '--json', '--images', '3', '--seed', '7'),
    run('trained.safetensors'),
    run('nan.safetensors', '--json'),
  ]);
  assert.is(made.code, 0, made.stderr);
  assert.match(made.stdout, /^made.safetensors: largest difference .* of outputs up to .*, within the bound .*\n$/);
  assert.is(made.stderr, 'measuring on 16 images …\n');
  const { file, holds, maxAbs, bound, images, seed, dtype } = JSON.parse(json.stdout);
  assert.equal([json.code, file, holds, images, seed, dtype], [0, 'made.safetensors', true, 3, 7, 'float32']);
  assert.ok(maxAbs <= bound);
  assert.is(trained.code, 1, trained.stderr);
  assert.match(trained.stdout, /largest difference 10\.0 of outputs up to .*, ABOVE the bound /);
  assert.is(nan.code, 1);
  assert.is(JSON.parse(nan.stdout).holds, false);
});

test('a network in float64 is measured in float64', async () => {
  const folder = newFolder();
  const weight = new Rng(3).normal([2, 1, 3], { dtype: 'float64' });
  await saveSafetensors(join(folder, 'cnn.safetensors'), { 'c.weight': weight });
  writeFileSync(join(folder, 'layers.json'), '[{"kind": "conv1d", "name": "c"}]');
  const { network } = convertNetwork({ 'c.weight': weight }, [{ kind: 'conv1d', name: 'c' }]);
  await saveAttention(join(folder, 'a.safetensors'), network);
  dispose([weight, network]);
  const { code, stdout, stderr } = await attentionConv(['certify', 'a.safetensors', ...against, '--json'], folder);
  assert.is(code, 0, stderr);
  const { dtype, bound } = JSON.parse(stdout);
  assert.is(dtype, 'float64');
  assert.ok(bound < 1e-12);
});

test('files that are no network, or of another one, are refused', async () => {
  const folder = newFolder();
  const at = (name: string): string => join(folder, name);
  await writeNetwork(folder);
  const { layer } = convToAttention({ weight: [[[1, 2, 3]]] });
  await saveAttention(at('layer.safetensors'), layer);
  const weight = tensor([[[1, 2, 3]]]);
  const { network } = convertNetwork({ 'c.weight': weight }, [{ kind: 'conv1d', name: 'c' }]);
  await saveAttention(at('signals.safetensors'), network);
  dispose([layer, weight, network]);
  const refuse = async (file: string, code: string, message: RegExp): Promise<void> => {
    const original = ['--against', at('cnn.safetensors'), '--spec', at('layers.json')];
    const error = await assertRejects(() => certify([at(file), ...original]), Error, message);
    assert.is((error as { readonly code?: string }).code, code);
  };
  await refuse(
    'layer.safetensors',
    'format',
    /layer.safetensors: no converted network: attention-conv convert writes one$/,
  );
  await refuse('cnn.safetensors', 'format', /expected a file of saccade_attention 1/);
  await refuse('nothing.safetensors', 'io', /cannot be opened/);
  const { code, stdout, stderr } = await attentionConv(['certify', 'signals.safetensors', ...against], folder);
  assert.equal([code, stdout], [1, '']);
  assert.match(stderr, /attention-conv: AttentionNetwork: images must be \[batch, length, 1\], got \[16, 24, 4\]\n$/);
});

test.run();
