/** The network that a command is about, from files and options of strangers. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dispose, init, Rng, saveSafetensors, tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type OriginalValues, readOriginal } from '../../src/cli/original.js';
import { convertNetwork } from '../../src/network/convert-network.js';
import { networkLayers } from '../files/networks.js';
import { writeNetwork } from './command.js';

onTestDevice(test, init);

const folder = newFolder();
const at = (name: string): string => join(folder, name);
test.before(() => writeNetwork(folder));

/** The path of a new file of layers. */
function spec(text: string): { readonly spec: string } {
  const path = at('own.json');
  writeFileSync(path, text);
  return { spec: path };
}

test('layers come from the file, and one convolution from its options', async () => {
  const whole = await readOriginal(at('cnn.safetensors'), { spec: at('layers.json') });
  assert.equal(whole.layers, JSON.parse(JSON.stringify(networkLayers)));
  assert.equal([...whole.tensors.keys()].sort().slice(0, 3), ['c.bias', 'c.weight', 'f.weight']);
  const options = { weight: 'c.weight', bias: 'c.bias', stride: '2,1', padding: 'same', groups: '1' };
  const one = await readOriginal(at('cnn.safetensors'), options, 'float64');
  const [layer] = one.layers;
  assert.equal(
    [one.layers.length, layer],
    [1, { kind: 'conv2d', name: 'conv', padding: 'same', stride: [2, 1], dilation: undefined, groups: 1, paddingMode: undefined }], // biome-ignore format: one layer
  );
  assert.equal([...one.tensors.keys()], ['conv.weight', 'conv.bias']);
  assert.is(one.tensors.get('conv.weight')!.dtype, 'float64');
  dispose([whole.tensors, one.tensors]);
});

test('kernels of one to three axes, in half precision too', async () => {
  const rng = new Rng(1);
  const tensors = { a: rng.normal([2, 1, 3]), b: rng.normal([2, 1, 3, 2]), c: rng.normal([2, 1, 1, 2, 3]) };
  await saveSafetensors(at('kernels.safetensors'), tensors);
  for (const [weight, kind] of [
    ['a', 'conv1d'],
    ['b', 'conv2d'],
    ['c', 'conv3d'],
  ] as const) {
    // biome-ignore format: pairs
    const { layers, tensors: read } = await readOriginal(at('kernels.safetensors'), { weight });
    assert.is(layers[0]!.kind, kind);
    convertNetwork(read, layers).network.dispose();
    dispose(read);
  }
  dispose(tensors);
});

test('what is no list of layers, no file, or no weight is told by its name', async () => {
  const bad = tensor([1, 2]);
  await saveSafetensors(at('vector.safetensors'), { v: bad });
  bad.dispose();
  const cases: readonly (readonly [path: string, values: OriginalValues, code: string | undefined, message: RegExp])[] = [
    ['cnn.safetensors', spec('[{"kind": '), 'format', /own.json: no JSON/],
    ['cnn.safetensors', { spec: at('none.json') }, 'io', /^cannot read .*none.json \(ENOENT/],
    ['cnn.safetensors', { spec: folder }, 'io', /^cannot read /],
    ['none.safetensors', { weight: 'v' }, 'io', /none.safetensors: cannot be opened/],
    ['layers.json', { weight: 'v' }, 'format', /layers.json/],
    ['.', { weight: 'v' }, 'io', /is no regular file/],
    ['vector.safetensors', { weight: 'w' }, undefined, /--weight: .*vector.safetensors has no tensor w; it has v$/],
    ['vector.safetensors', { weight: 'v' }, undefined, /--weight: a kernel has three to five axes, v has 1$/],
    ['cnn.safetensors', { weight: 'c.weight', bias: 'x' }, undefined, /--bias: .* has no tensor x; it has c.bias, /],
    ['cnn.safetensors', { weight: 'c.weight', stride: '0' }, undefined, /--stride must be a whole number from 1, or several such as 1,2, got 0$/],
    ['cnn.safetensors', { weight: 'c.weight', stride: '1,,2' }, undefined, /--stride must be/],
    ['cnn.safetensors', { weight: 'c.weight', padding: '-1' }, undefined, /--padding must be a whole number from 0, .*, got -1$/],
    ['cnn.safetensors', { weight: 'c.weight', padding: 'all' }, undefined, /--padding must be/],
    ['cnn.safetensors', { weight: 'c.weight', dilation: '1e9' }, undefined, /--dilation must be/],
  ]; // biome-ignore format: a table
  for (const [path, values, code, message] of cases) {
    if (values.spec === at('own.json')) spec('[{"kind": ');
    const error = await assertRejects(() => readOriginal(at(path), values), Error, message);
    assert.is((error as { readonly code?: string }).code, code, message.source);
  }
  await assertRejects(() => readOriginal(at('cnn.safetensors'), spec('"conv"')), Error, /expected a list of layers$/);
});

test('layers of strangers are refused as data, before their sizes count', async () => {
  const cases: readonly (readonly [text: string, code: string, message: RegExp])[] = [
    ['[]', 'option', /expected a list of layers/],
    ['[null]', 'option', /layer 0: a layer is such as/],
    ['[[{"kind": "relu"}]]', 'option', /layer 0: a layer is such as/],
    ['[{"kind": "conv2d", "name": "q"}]', 'option', /there is no tensor "q.weight"; there are "c.bias", "c.weight"/],
    ['[{"kind": "conv2d", "name": ["c"]}]', 'option', /conv2d needs the name of its weights/],
    ['[{"kind": "conv2d", "name": "c", "__proto__": {"stride": 2}}]', 'option', /no option '__proto__'/],
    ['[{"kind": "conv2d", "name": "c", "groups": 1e9}]', 'option', /groups must divide/],
    ['[{"kind": "conv2d", "name": "c"}, {"kind": "averagePool", "size": 1e9}]', 'unsupported', /takes \d+ weights/],
    ['[{"kind": "conv2d", "name": "c"}, {"kind": "maxPool", "size": 1e9}]', 'option', /no square image up to 1024/],
    ['[{"kind": "conv2d", "name": "c", "dilation": 1e6}]', 'option', /no square image up to 1024/],
  ]; // biome-ignore format: a table
  for (const [text, code, message] of cases) {
    const { tensors, layers } = await readOriginal(at('cnn.safetensors'), spec(text));
    const convert = async () => convertNetwork(tensors, layers);
    const error = await assertRejects(convert, Error, message);
    assert.is((error as { readonly code?: string }).code, code, text);
    dispose(tensors);
  }
});

test.run();
