import { currentDevice, useDevice } from '@saccade/kernels';
import { memory, Rng } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { drawUniforms } from '../src/compress/uniforms.js';

test('draws the numbers that the generator gives, and moves it on', () => {
  const rng = new Rng(3);
  const numbers = drawUniforms('test', rng, 10);
  const tensor = new Rng(3).uniform([10]);
  assert.equal([...numbers], [...tensor.dataSync()]);
  tensor.dispose();
  assert.not.equal(drawUniforms('test', rng, 10), numbers);
});

test('draws the same numbers where those of the current device cannot be read at once', () => {
  const device = currentDevice();
  const expected = drawUniforms('test', new Rng(5), 7);
  const before = useDevice({ ...device, name: 'webgpu' });
  try {
    assert.equal(drawUniforms('test', new Rng(5), 7), expected);
  } finally {
    useDevice(before);
  }
});

test('takes given numbers as they are', () => {
  const uniforms = Float64Array.of(0.1, 0.2);
  assert.is(drawUniforms('test', { uniforms }, 2), uniforms);
});

test('leaves no tensor behind', () => {
  drawUniforms('test', new Rng(0), 5);
  const { tensors } = memory();
  for (let i = 0; i < 10; i++) drawUniforms('test', new Rng(i), 1000);
  assert.is(memory().tensors, tensors);
});

test.run();
