/** Softmax and log-softmax: by hand, with masks, and what is refused. */
import { DTypeError, OptionError, ShapeError } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { logSoftmax, scope, softmax, tensor } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('softmax and its logarithm, along any axis, without overflow', () => {
  const x = tensor([0, Math.log(3)]);
  assertClose(values(softmax(x)), [0.25, 0.75], { rtol: 1e-6 });
  assertClose(values(logSoftmax(x)), [Math.log(0.25), Math.log(0.75)], { rtol: 1e-6 });
  assertClose(values(softmax(x.reshape([2, 1]), { axis: 0 })), [0.25, 0.75], { rtol: 1e-6 });
  assertClose(values(softmax(tensor([1e30, 1e30]))), [0.5, 0.5]);
  assertTensor(softmax(tensor([-Infinity, 0])), [2], [0, 1]);
  assert.ok(values(softmax(tensor([-Infinity, -Infinity]))).every(Number.isNaN));
});

inScope('what a mask leaves out has no weight, a row left out whole is zeros', () => {
  const x = tensor([[0, 5, 0], [1, 2, 3]]); // biome-ignore format: rows
  const mask = truth([1, 0, 1, 0, 0, 0], [2, 3]);
  assertTensor(softmax(x, { mask }), [2, 3], [0.5, 0, 0.5, 0, 0, 0]);
  const logs = values(logSoftmax(x, { mask }));
  assertClose(logs, [Math.log(0.5), -Infinity, Math.log(0.5), -Infinity, -Infinity, -Infinity], { rtol: 1e-6 });
  assertTensor(softmax(x, { mask: truth([1, 0], [2, 1]), axis: 0 }), [2, 3], [1, 1, 1, 0, 0, 0]);
  assertTensor(softmax(x, { mask: truth([0], []) }), [2, 3], [0, 0, 0, 0, 0, 0]);
  assertThrows(
    () => softmax(x, { mask: truth([1, 0]) }),
    ShapeError,
    /softmax: mask \[2\] does not broadcast to \[2, 3\]/,
  );
  assertThrows(() => softmax(x, { mask: truth([1, 1, 1, 1], [4, 1, 1]) }), ShapeError, /softmax: mask \[4, 1, 1\]/);
  assertThrows(() => logSoftmax(x, { mask: x }), DTypeError, /logSoftmax: mask must be bool, got float32/);
  assertThrows(() => softmax(whole([1])), DTypeError, /softmax: expected float32 or float64, got int32/);
  assertThrows(() => softmax(tensor(1)), OptionError, /softmax: a scalar has no axis -1/);
});

test.run();
