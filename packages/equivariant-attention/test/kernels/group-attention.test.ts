/** The fused kernels against plain loops in float64 and against the direct form: values, gradients, threads, extreme scores, NaN. */
import { createJsDevice, createWasmDevice, type Device, useDevice } from '@saccade/kernels';
import { memory, scope, sum, type Tensor, tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AttentionInputs } from '../../src/attention/attention-inputs.js';
import { groupAttention } from '../../src/attention/group-attention.js';
import { groupAttentionDirect } from '../../src/attention/group-attention-direct.js';
import { batches, type Case, cases, cotangentOf, inputsOf, parametersOf } from '../attention/cases.js';
import { attendByLoops, gradientsByLoops } from '../attention/loops.js';

async function onDevice<T>(device: Device, body: () => T): Promise<T> {
  const former = useDevice(device);
  try {
    return await scope(body);
  } finally {
    useDevice(former);
  }
}

/** Calls `body` with the generator of dropout, if there is one, where it stood before. */
function again<T>(inputs: AttentionInputs, body: () => T): T {
  const { dropout } = inputs.settings;
  const place = dropout?.rng.state;
  const result = body();
  if (dropout && place) dropout.rng.state = place;
  return result;
}

type Attention = typeof groupAttention;

function attend(f: Attention, { query, key, value, tables, plan, settings }: AttentionInputs): Tensor {
  return f(query, key, value, tables, plan, settings);
}

/** The result, and gradients by name. */
function both(f: Attention, inputs: AttentionInputs, c: Case): Record<string, Float32Array> {
  return again(inputs, () => {
    const cotangent = cotangentOf(c);
    let y: Float32Array | undefined;
    const [, gradients] = valueAndGradOf(parametersOf(inputs), () => {
      const out = attend(f, inputs);
      y = out.dataSync();
      return sum(out.mul(cotangent));
    });
    const named = Object.entries(gradients).map(([name, t]) => [name, t.dataSync()] as const);
    return { y: y as Float32Array, ...Object.fromEntries(named) };
  });
}

function loops(inputs: AttentionInputs, c: Case): Record<string, Float64Array> {
  const y = again(inputs, () => attendByLoops(inputs));
  return { y, ...again(inputs, () => gradientsByLoops(inputs, Float64Array.from(cotangentOf(c).dataSync()))) };
}

/** Within float32 rounding: of sums that may cancel, in as many rows as the case has, of scores with queries of a size. */
function agree(actual: Record<string, Float32Array>, expected: Record<string, Float64Array>, size = 1): void {
  for (const [name, values] of Object.entries(actual)) {
    const wanted = expected[name] as Float64Array;
    const largest = wanted.reduce((most, x) => Math.max(most, Math.abs(x) || 0), 0);
    assertClose(values, wanted, { rtol: 0, atol: (1e-4 * largest + 1e-4) * size }, name);
  }
}

const base: Case = {
  ...{ seed: 7, batch: 2, heads: 2, outputs: 4, queries: 4, keys: 4, height: 5, width: 7, dims: 2, groupDims: 2 },
  ...{ offsets: 'patch 3', window: false, dropout: 'none' },
};

test('kernels give what plain loops in float64 give, and the same bits on two threads', async () => {
  const [one, two] = [createWasmDevice({ threads: 1 }), createWasmDevice({ threads: 2 })];
  await two.ready();
  const property = fc.asyncProperty(fc.oneof(cases, cases, batches), async (c) => {
    const fused = await onDevice(one, () => {
      const inputs = inputsOf(c);
      const result = both(groupAttention, inputs, c);
      agree(result, loops(inputs, c));
      return result;
    });
    assert.equal(await onDevice(two, () => both(groupAttention, inputsOf(c), c)), fused);
  });
  await fc.assert(property, { numRuns: 50 });
  two.dispose();
});

test('large images, many channels and elements are shared among threads, with the same bits', async () => {
  const [one, two] = [createWasmDevice({ threads: 1 }), createWasmDevice({ threads: 2 })];
  await two.ready();
  const large: Case[] = [
    { ...base, heads: 1, batch: 1, height: 23, width: 18, dims: 16, groupDims: 16, offsets: 'patch 5' },
    { ...base, heads: 3, batch: 1, outputs: 8, queries: 8, keys: 8, height: 6, width: 6, offsets: 'global' },
    { ...base, heads: 4, batch: 9, height: 7, width: 7, dropout: 'orbit', window: true },
  ];
  for (const c of large) {
    const run = (device: Device) => onDevice(device, () => both(groupAttention, inputsOf(c), c));
    const fused = await run(one);
    assert.equal(await run(two), fused);
    const direct = await onDevice(one, () => both(groupAttentionDirect, inputsOf(c), c));
    agree(fused, Object.fromEntries(Object.entries(direct).map(([name, x]) => [name, Float64Array.from(x)])));
  }
  two.dispose();
});

test('the direct form drops the same weights', async () => {
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    for (const dropout of ['own', 'orbit'] as const) {
      const c: Case = { ...base, dropout };
      const inputs = inputsOf(c);
      agree(both(groupAttentionDirect, inputs, c), loops(inputs, c));
    }
  });
});

test('scores so large that exponentials do not factorise are right too, in some rows or in all', async () => {
  const device = createWasmDevice({ threads: 1 });
  const property = fc.asyncProperty(cases, fc.constantFrom(15, 60), (c, size) =>
    onDevice(device, () => {
      const inputs = inputsOf(c, 'float32', undefined, size);
      agree(both(groupAttention, inputs, c), loops(inputs, c), size);
    }),
  );
  await fc.assert(property, { numRuns: 20 });
});

test('the largest scores give the values of the best key, not NaN', async () => {
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    const c: Case = { ...base, queries: 1 };
    const inputs = inputsOf(c, 'float32', undefined, 1e30);
    const { y, ...gradients } = both(groupAttention, inputs, c);
    const expected = attendByLoops(inputs);
    const same = expected.filter((x, i) => Math.abs(x - y![i]!) < 1e-5).length;
    assert.ok(same > 0.99 * expected.length, `${same} of ${expected.length} are the same`);
    for (const [name, values] of Object.entries(gradients)) assert.ok(values.every(Number.isFinite), name);
  });
});

test('gradients keep their digits where values and cotangents have large parts in common', async () => {
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    const c: Case = { ...base, height: 12, width: 12, offsets: 'patch 5' };
    const inputs = inputsOf(c);
    const value = inputs.value.add(5);
    const { tables, plan, settings } = inputs;
    const cotangent = cotangentOf(c).add(5);
    const [, { row }] = valueAndGradOf({ row: tables.row }, () =>
      sum(groupAttention(inputs.query, inputs.key, value, tables, plan, settings).mul(cotangent)),
    );
    // What all rows have in common, no softmax sees.
    const [gradient, dims] = [row!.dataSync(), c.dims];
    const largest = gradient.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    for (let channel = 0; channel < dims; channel++) {
      const all = gradient.reduce((total, x, i) => (i % dims === channel ? total + x : total), 0);
      assert.ok(Math.abs(all) < 3e-6 * largest, `${all} beside ${largest}`);
    }
  });
});

test('a NaN makes NaN of the rows that see it, and of no other', async () => {
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    // Lanes are pixels, then images.
    for (const [batch, heads] of [
      [2, 2],
      [8, 4],
    ] as const) {
      // biome-ignore format: pairs
      const c: Case = { ...base, batch, heads, offsets: 'disc' };
      for (const name of ['query', 'key', 'value', 'row', 'group']) {
        for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const inputs = inputsOf(c);
          const poisoned = parametersOf(inputs)[name] as Tensor;
          const values = poisoned.dataSync();
          values[Math.floor(values.length * 0.6)] = bad;
          const t = tensor(values, { shape: poisoned.shape });
          const tables = { ...inputs.tables, ...(name in inputs.tables && { [name]: t }) };
          const given = { ...inputs, ...(name in inputs && { [name]: t }), tables };
          const [y, expected] = [attend(groupAttention, given).dataSync(), attendByLoops(given)];
          const [own, wanted] = [y, expected].map((x) => Array.from(x, Number.isFinite)) as [boolean[], boolean[]];
          const differ = own.filter((is, i) => is !== wanted[i]).length;
          assert.is(differ, 0, `${bad} in ${name}, batch ${batch}: ${differ} of ${y.length}`);
          assert.ok(own.includes(false), `${bad} in ${name} is seen`);
          if (!(name in inputs.tables)) assert.ok(own.includes(true), `${bad} in ${name} is not seen everywhere`);
        }
      }
    }
  });
});

test('on a device without WebAssembly the loops themselves run', async () => {
  const c: Case = { ...base, batch: 1, height: 2, width: 3, dropout: 'own' };
  await onDevice(createJsDevice(), () => {
    const inputs = inputsOf(c);
    agree(both(groupAttention, inputs, c), loops(inputs, c));
  });
});

test('the gradient of a gradient is that of the direct form', async () => {
  const c: Case = { ...base, batch: 1, heads: 1, height: 2, width: 3, dims: 1, groupDims: 1, dropout: 'own' };
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    const inputs = inputsOf(c);
    const second = (f: Attention): Tensor =>
      again(inputs, () => {
        const [, [outer]] = valueAndGradOf([inputs.query], () => {
          const [, [inner]] = valueAndGradOf([inputs.key], () => sum(attend(f, inputs).square()));
          return sum(inner!.square());
        });
        return outer as Tensor;
      });
    const [own, expected] = [second(groupAttention), second(groupAttentionDirect)];
    assertClose(own.dataSync(), expected.dataSync(), { rtol: 1e-3, atol: 1e-4 });
  });
});

test('a tensor that is query, key and value gets the gradients of all three, and they theirs', async () => {
  const c: Case = { ...base, batch: 1, heads: 1, height: 2, width: 3, dims: 1, groupDims: 1 };
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    const { query: x, tables, plan, settings } = inputsOf(c);
    const first = (f: Attention): Tensor => {
      const [, [gradient]] = valueAndGradOf([x], () => sum(f(x, x, x, tables, plan, settings).square()));
      return gradient as Tensor;
    };
    const second = (f: Attention): Tensor => valueAndGradOf([x], () => sum(first(f).square()))[1][0] as Tensor;
    for (const order of [first, second]) {
      const [own, expected] = [order(groupAttention), order(groupAttentionDirect)];
      assertClose(own.dataSync(), expected.dataSync(), { rtol: 1e-3, atol: 1e-3 });
    }
  });
});

test('nothing is left behind, forward or backward', async () => {
  const former = useDevice(createWasmDevice({ threads: 1 }));
  const before = memory().tensors;
  scope(() => {
    const c: Case = { ...base, dropout: 'orbit', window: true };
    const inputs = inputsOf(c);
    attend(groupAttention, inputs).dispose();
    both(groupAttention, inputs, c);
  });
  assert.is(memory().tensors, before);
  useDevice(former);
});

test('an empty batch is empty, and gives no gradient', async () => {
  await onDevice(createWasmDevice({ threads: 1 }), () => {
    const c: Case = { ...base, batch: 0 };
    const { y, row } = both(groupAttention, inputsOf(c), c);
    assert.is(y!.length, 0);
    assert.ok(row!.every((x) => x === 0));
  });
});

test.run();
