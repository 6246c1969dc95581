/** A package's own kernels take tensors, and say which operation got a wrong one. */
import { type Buffer, createJsDevice, DeviceError, DisposedError, type KernelExtension } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { empty, kernelsOn, scope, tensor } from '../src/index.js';
import { onDevices } from './devices.js';

type Kernels = {
  /** out = factor x + bias, where there is one. */
  affine(x: Buffer, bias: Buffer | undefined, out: Buffer, settings: { readonly factor: number }): void;
};

/** Its module exports `scale`, which is not called: on all devices this runs as JavaScript. */
const extension: KernelExtension<Kernels> = {
  name: 'tensor-test',
  js: {
    affine(x, bias, out, { factor }) {
      for (let i = 0; i < x.length; i++) out[i] = (x[i] as number) * factor + ((bias?.[i] as number) ?? 0);
    },
  },
  wasm: {
    binary:
      '105:DYW1AQJREERnvqERFSxkOCEhF1IF7u7OXhEUzI28h8FpQwDMsh9UP6oKU6CdbK9hM9nsjg9DxrGzhkhl6E+jwXoCZFtswHbEiuu6RJE5l7xwKRC/rBiI+bUT2ojLos0zl8v9AQ==',
    kernels: () => ({}),
  },
  written: { affine: [2] },
};

onDevices(test, 'a kernel reads and writes tensors; what else it takes is passed on', (device) => {
  scope(() => {
    const { affine } = kernelsOn('scaled', device, extension);
    const [x, bias] = [tensor([1, 2, 3]), tensor([10, 20, 30])];
    const out = empty(device, 'float32', [3]);
    affine(x, bias, out, { factor: 2 });
    assert.equal([...out.dataSync()], [12, 24, 36]);
    affine(x, undefined, out, { factor: -1 });
    assert.equal([...out.dataSync()], [-1, -2, -3]);
    assert.is(kernelsOn('scaled', device, extension), kernelsOn('scaled', device, extension));
  });
});

onDevices(test, 'a tensor that was freed or lives elsewhere is an error that names the operation', (device) => {
  scope(() => {
    const { affine } = kernelsOn('scaled', device, extension);
    const out = empty(device, 'float32', [3]);
    const gone = tensor([1, 2, 3]);
    gone.dispose();
    assertThrows(
      () => affine(gone, undefined, out, { factor: 1 }),
      DisposedError,
      /^scaled: this tensor of shape \[3\] \(float32\) was disposed/,
    );
    const other = tensor([1, 2, 3], { device: createJsDevice() });
    assertThrows(
      () => kernelsOn('shifted', device, extension).affine(other, undefined, out, { factor: 1 }),
      DeviceError,
      /^shifted: tensors live on different devices/,
    );
  });
});

test.run();
