/** A trained network of the reference vectors, converted whole: what each layer gives, the logits, the decisions. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digits8x8 } from '@saccade/nn';
import { argmax, dispose, gather, init, loadSafetensors, memory, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertNetwork } from '../../src/network/convert-network.js';
import type { NetworkLayer } from '../../src/network/layer-list.js';
import { type GoldenNetwork, layersOf } from './golden-network.js';
import { channelsFirst, channelsLast, plainNetwork } from './plain-network.js';

onTestDevice(test, init);

/** The tensors of a file, which are the caller's. */
async function loaded(name: string): Promise<ReadonlyMap<string, Tensor>> {
  const bytes = new Uint8Array(readFileSync(new URL(`../golden/${name}.safetensors`, import.meta.url)));
  return (await loadSafetensors(bytes)).tensors;
}

const { scalars } = new Golden<GoldenNetwork>(new URL('../golden/small_cnn', import.meta.url));
const layers = layersOf(scalars);

/** Borders of all kinds that a padding goes with, one after another. */
function mixed(layers: readonly NetworkLayer[], begin: 'sink' | 'pad'): NetworkLayer[] {
  let next = begin;
  return layers.map((layer) => {
    if (!layer.kind.startsWith('conv') && layer.kind !== 'averagePool') return layer;
    const { padding = 0 } = layer as { readonly padding?: number };
    if (padding === 0) return { ...layer, border: 'native' } as NetworkLayer;
    const border = next;
    next = next === 'sink' ? 'pad' : 'sink';
    return { ...layer, border } as NetworkLayer;
  });
}

for (const begin of ['sink', 'pad'] as const) {
  test(`logits and decisions are the network's, with borders mixed, ${begin} first`, async () => {
    const before = memory().tensors;
    const [weights, io] = await Promise.all([loaded('small_cnn'), loaded('small_cnn.io')]);
    scope(() => {
      const { network, certificate } = convertNetwork(weights, mixed(layers, begin));
      const logits = network.forward(channelsLast(io.get('x')!));
      const expected = io.get('logits')!;
      assertClose(logits.dataSync(), expected.dataSync(), { rtol: 0, atol: 1e-4 }, 'logits');
      assert.equal(decided(logits), decided(expected));
      const { maxAbs, bound } = certificate.measured!;
      assert.ok(maxAbs < 1e-4 && maxAbs <= bound);
      network.dispose();
    });
    dispose([weights, io]);
    assert.is(memory().tensors, before);
  });
}

function decided(logits: Tensor): number[] {
  return scope(() => [...argmax(logits, { axis: -1 }).dataSync<'int32'>()]);
}

test('what each layer gives is what was recorded', async () => {
  const [weights, io] = await Promise.all([loaded('small_cnn'), loaded('small_cnn.io')]);
  const recorded = [...io.keys()].filter((name) => name.startsWith('act.'));
  assert.ok(recorded.length > 0);
  for (const name of recorded) {
    scope(() => {
      const expected = io.get(name)!;
      const first = mixed(layers.slice(0, Number(name.slice(4)) + 1), 'sink');
      const images = channelsLast(io.get('x')!.at(`:${expected.shape[0]}`));
      const { network } = convertNetwork(weights, first, { extents: images.shape.slice(1, -1) });
      const y = channelsFirst(network.forward(images));
      assert.equal(y.shape, expected.shape);
      const atol = 1e-5 * expected.abs().max().item();
      assertClose(y.dataSync(), expected.dataSync(), { rtol: 1e-5, atol }, name);
      network.dispose();
    });
  }
  dispose([weights, io]);
});

/** Images [count, 8, 8, 1] of pixels from 0 to 16. */
function imagesOf(pixels: ArrayLike<number>): Tensor {
  const ink = Float32Array.from(pixels, (value) => value / 16);
  return tensor(ink, { shape: [ink.length / 64, 8, 8, 1] });
}

/** What the network decides, in plain loops and float64. */
function plainly(weights: ReadonlyMap<string, Tensor>, images: Tensor): number[] {
  const given = channelsFirst(images);
  const { data, shape } = plainNetwork(layers, weights, { shape: given.shape, data: given.dataSync() });
  return decided(tensor(Float64Array.from(data), { shape }));
}

test('no digit is read otherwise by attention', async () => {
  const weights = await loaded('small_cnn');
  scope(() => {
    const { network } = convertNetwork(weights, mixed(layers, 'sink'));
    const images = imagesOf(digits8x8().pixels.subarray(0, 200 * 64));
    assert.equal(decided(network.forward(images)), plainly(weights, images));
    network.dispose();
  });
  dispose(weights);
});

const here = dirname(fileURLToPath(import.meta.url));
const data = process.env.SACCADE_DATA ?? resolve(here, '../../../../../shared/data');
const digits = resolve(data, '../golden/attention-conv/digits.safetensors');

test('all 500 digits that were held back are read as before, as well as was told', async () => {
  if (!existsSync(digits)) {
    console.log(`${digits} is not there: left out`);
    return;
  }
  const [weights, { tensors }] = await Promise.all([loaded('small_cnn'), loadSafetensors(digits)]);
  scope(() => {
    const [pixels, labels, order] = ['images', 'labels', 'permutation'].map((name) => tensors.get(name)!);
    const held = order!.at('-500:');
    const images = imagesOf(gather(pixels!, held).dataSync<'uint8'>());
    const { network } = convertNetwork(weights, mixed(layers, 'sink'));
    const read = decided(network.forward(images));
    assert.equal(read, plainly(weights, images));
    const right = gather(labels!, held)
      .dataSync<'uint8'>()
      .filter((label, i) => label === read[i]).length;
    assert.is(right / 500, scalars.test_accuracy_500);
    network.dispose();
  });
  dispose([weights, tensors]);
});

test.run();
