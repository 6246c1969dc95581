/** What all operations share: the same on every device, disposed and foreign tensors refused by name, nothing left behind. */
import { createJsDevice, DeviceError, DisposedError, DTypeError, SaccadeError, useDevice } from '@saccade/kernels';
import { assertClose, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dispose, isTensor, memory, scope, type Tensor, valueAndGradOf } from '../src/index.js';
import { type Case, joined, make } from './cases/case.js';
import { allCases, smoothCases } from './cases/index.js';
import { assertLeaves, devices, onDevices } from './devices.js';

const other = createJsDevice('another one');
const list = (result: Tensor | readonly Tensor[]): readonly Tensor[] => (isTensor(result) ? [result] : result);

function each(cases: readonly Case[], body: (c: Case) => void): void {
  const failures: string[] = [];
  for (const c of cases) {
    try {
      body(c);
    } catch (error) {
      failures.push(`${c.op} ${c.name}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${cases.length}:\n${failures.join('\n')}`);
}

const alone = allCases.filter((c) => !c.composed);

/** One case an operation. */
const firsts = allCases.filter((c, i) => allCases.findIndex((d) => d.op === c.op) === i);

onDevices(test, 'a disposed input throws DisposedError naming the operation and the shape', (device) => {
  each(allCases, (c) => {
    for (let i = 0; i < c.inputs.length; i++) {
      scope(() => {
        const inputs = make(c.inputs, device);
        const gone = inputs[i] as Tensor;
        gone.dispose();
        const shape = `[${gone.shape.join(', ')}]`;
        const error = assertThrows(() => c.call(...inputs), DisposedError);
        assert.ok(c.composed || error.message.startsWith(`${c.op}: `), error.message);
        assert.ok(error.message.includes(shape), error.message);
      });
    }
  });
});

onDevices(test, 'inputs of two devices throw DeviceError naming the operation', (device) => {
  each(allCases, (c) => {
    for (let i = 0; i < c.inputs.length && c.inputs.length > 1; i++) {
      scope(() => {
        const inputs = make(c.inputs, device);
        inputs[i] = make(c.inputs, other)[i] as Tensor;
        const error = assertThrows(() => c.call(...inputs), DeviceError);
        assert.ok(c.composed || error.message.startsWith(`${c.op}: `), error.message);
      });
    }
  });
});

onDevices(test, 'what is no tensor throws DTypeError naming the operation', (device) => {
  each(firsts, (c) => {
    for (let i = 0; i < c.inputs.length; i++) {
      for (const wrong of [undefined, [1, 2], 'x', { shape: [2] }]) {
        scope(() => {
          const inputs = make(c.inputs, device);
          inputs[i] = wrong as unknown as Tensor;
          let thrown: unknown;
          try {
            c.call(...inputs);
          } catch (error) {
            thrown = error;
          }
          // Left out, some arguments have a default.
          if (thrown === undefined && wrong === undefined) return;
          assert.ok(thrown instanceof SaccadeError, `${String(wrong)} gave ${thrown}`);
          assert.ok((thrown as Error).message.startsWith(`${c.op}: `), (thrown as Error).message);
          assert.instance(thrown, DTypeError);
        });
      }
    }
  });
});

onDevices(test, 'outside of scopes an operation leaves its results alone', (device) => {
  each(alone, (c) => {
    const inputs = make(c.inputs, device);
    try {
      let results: readonly Tensor[] = [];
      const before = memory();
      results = list(c.call(...inputs));
      const made = new Set(results.filter((t) => !inputs.includes(t)));
      assert.is(memory().tensors - before.tensors, made.size, 'tensors');
      dispose([...made]);
      assert.is(memory().bytes, before.bytes, 'bytes');
      assert.not(inputs.some((t) => t.disposed));
    } finally {
      dispose(inputs);
    }
  });
});

onDevices(test, 'a gradient leaves the loss and one gradient a parameter', (device) => {
  each(smoothCases, (c) => {
    const inputs = make(c.inputs, device);
    const floats = inputs.filter((t) => t.dtype.startsWith('float'));
    assertLeaves(0, () => {
      const before = memory().tensors;
      const result = valueAndGradOf(floats, () => joined(c.call(...inputs)).sum());
      assert.is(memory().tensors - before, 1 + floats.length);
      dispose(result);
    });
    dispose(inputs);
  });
});

test('every device gives the same shapes, types and values', () => {
  each(allCases, (c) => {
    const [reference, ...rest] = devices.map((device) =>
      scope(() => {
        const before = useDevice(device);
        const results = list(c.call(...make(c.inputs, device)));
        useDevice(before);
        return results.map((t) => ({ shape: [...t.shape], dtype: t.dtype, values: Float64Array.from(t.dataSync()) }));
      }),
    );
    for (const results of rest) {
      assert.is(results.length, reference?.length);
      for (const [i, got] of results.entries()) {
        const expected = (reference as typeof results)[i] as (typeof results)[number];
        assert.equal(got.shape, expected.shape);
        assert.is(got.dtype.replace('64', '32'), expected.dtype.replace('64', '32'));
        assertClose(got.values, expected.values, { rtol: 2e-5, atol: 2e-6 });
      }
    }
  });
});

test.run();
