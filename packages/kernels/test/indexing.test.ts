/** Selection and accumulation by indices against the oracle, and indices out of range. */
import { createJsDevice, type Device, IndexError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

const exact = { rtol: 0, atol: 0 };

/** Sizes of an indexing kernel, now and then with no index or no columns. */
function sizesOf(random: Generator) {
  return {
    outer: random.size(5),
    size: random.size(40),
    inner: random.boolean(0.05) ? 0 : random.size(90),
    count: random.boolean(0.05) ? 0 : random.size(60),
  };
}

function values(random: Generator, length: number) {
  return random.pick([() => random.floats(length), () => random.integers(length, -9, 9), () => random.bits(length)])();
}

const dtypeOf = (x: ReturnType<typeof values>) =>
  x instanceof Float32Array ? 'float32' : x instanceof Int32Array ? 'int32' : ('uint8' as const);

test('gather copies rows of every element type', async () => {
  await conform(
    'gather',
    (random) => {
      const s = sizesOf(random);
      const x = values(random, s.outer * s.size * s.inner);
      const indices = random.integers(s.count, 0, s.size - 1);
      return [input(x), input(indices), output(dtypeOf(x), s.outer * s.count * s.inner), s];
    },
    exact,
    200,
    40,
  );
});

test('scatterAdd adds rows in the order of the indices', async () => {
  await conform('scatterAdd', (random) => {
    const s = sizesOf(random);
    const updates = values(random, s.outer * s.count * s.inner);
    const indices = random.integers(s.count, 0, s.size - 1);
    const length = s.outer * s.size * s.inner;
    const out =
      dtypeOf(updates) === 'float32'
        ? random.floats(length)
        : dtypeOf(updates) === 'int32'
          ? random.integers(length, -9, 9)
          : random.bits(length);
    return [output(dtypeOf(updates), out), input(indices), input(updates), s];
  });
});

test('scatterAdd and scatterAddAlong add many updates, also where all go to one place', async () => {
  const sizes = (random: Generator) => ({
    outer: random.size(3),
    size: random.pick([1, 7, 300]),
    inner: random.size(9),
    count: random.integer(60, 3000),
  });
  const close = { rtol: 1e-5, atol: 1e-4 };
  await conform(
    'scatterAdd',
    (random) => {
      const s = sizes(random);
      const indices = random.integers(s.count, 0, random.integer(0, s.size - 1));
      const updates = random.floats(s.outer * s.count * s.inner);
      return [output('float32', random.floats(s.outer * s.size * s.inner)), input(indices), input(updates), s];
    },
    close,
    40,
  );
  await conform(
    'scatterAddAlong',
    (random) => {
      const s = sizes(random);
      const indices = random.integers(s.outer * s.count * s.inner, 0, random.integer(0, s.size - 1));
      const updates = random.floats(indices.length);
      return [output('float32', random.floats(s.outer * s.size * s.inner)), input(indices), input(updates), s];
    },
    close,
    40,
  );
});

test('takeAlong picks element by element, in every element type', async () => {
  await conform(
    'takeAlong',
    (random) => {
      const s = sizesOf(random);
      const x = values(random, s.outer * s.size * s.inner);
      const indices = random.integers(s.outer * s.count * s.inner, 0, s.size - 1);
      return [input(x), input(indices), output(dtypeOf(x), indices.length), s];
    },
    exact,
    120,
    40,
  );
});

test('scatterAddAlong adds element by element', async () => {
  await conform('scatterAddAlong', (random) => {
    const s = sizesOf(random);
    const length = s.outer * s.size * s.inner;
    const indices = random.integers(s.outer * s.count * s.inner, 0, s.size - 1);
    return random.pick([
      () => [output('float32', random.floats(length)), input(indices), input(random.floats(indices.length)), s],
      () => [
        output('int32', random.integers(length, -9, 9)),
        input(indices),
        input(random.integers(indices.length, -9, 9)),
        s,
      ],
      () => [output('uint8', random.bits(length)), input(indices), input(random.bits(indices.length)), s],
    ])();
  });
});

test('oneHot writes any two values in any element type', async () => {
  await conform(
    'oneHot',
    (random) => {
      const [count, depth] = [random.integer(0, 40), random.size(70)];
      const dtype = random.pick(['float32', 'int32', 'uint8', 'bool'] as const);
      const [on, off] = dtype === 'float32' ? [0.5, -0.25] : dtype === 'int32' ? [7, -3] : [1, 0];
      return [input(random.integers(count, 0, depth - 1)), output(dtype, count * depth), count, depth, on, off];
    },
    exact,
  );
});

/** Runs `body` on the oracle and on every form of the wasm device. */
async function onDevices(body: (device: Device) => void): Promise<void> {
  body(createJsDevice());
  for (const { device } of await wasmForms()) body(device);
}

test('an index outside its axis is an IndexError that names it, and nothing is written', async () => {
  await onDevices((device) => {
    for (const bad of [5, -1, 2 ** 31 - 1]) {
      for (const position of [0, 3, 8]) {
        const indices = new Int32Array(9).fill(2);
        indices[position] = bad;
        const [x, i, out] = [5, 9, 9].map((n, at) => device.allocate(at === 1 ? 'int32' : 'float32', n));
        device.write(x!, new Float32Array(5).fill(1));
        device.write(i!, indices);
        device.write(out!, new Float32Array(9).fill(4));
        const sizes = { outer: 1, size: 5, inner: 1, count: 9 };
        const says = (kernel: string) =>
          new RegExp(`^${kernel}: index ${bad} at position ${position} is outside \\[0, 5\\)$`);
        const { kernels } = device;
        assertThrows(() => kernels.gather(x!, i!, out!, sizes), IndexError, says('gather'));
        assertThrows(() => kernels.takeAlong(x!, i!, out!, sizes), IndexError, says('takeAlong'));
        assertThrows(() => kernels.scatterAdd(x!, i!, out!, sizes), IndexError, says('scatterAdd'));
        assertThrows(() => kernels.scatterAddAlong(x!, i!, out!, sizes), IndexError, says('scatterAddAlong'));
        assertThrows(() => kernels.oneHot(i!, out!, 9, 5, 1, 0), IndexError, says('oneHot'));
        assert.equal([...device.readSync!(out!)], new Array(9).fill(4));
        assert.equal([...device.readSync!(x!)], new Array(5).fill(1));
        for (const buffer of [x, i, out]) device.release(buffer!);
      }
    }
  });
});

test('every index into an empty axis is outside', async () => {
  await onDevices((device) => {
    const [x, i, out] = [device.allocate('float32', 0), device.allocate('int32', 1), device.allocate('float32', 1)];
    device.write(i, Int32Array.of(0));
    assertThrows(
      () => device.kernels.gather(x, i, out, { outer: 1, size: 0, inner: 1, count: 1 }),
      IndexError,
      /^gather: index 0 at position 0 is outside \[0, 0\)$/,
    );
    for (const buffer of [x, i, out]) device.release(buffer);
  });
});

test('scatterAdd adds repeated indices one after another', async () => {
  await onDevices((device) => {
    const [out, i, updates] = [
      device.allocate('float32', 1),
      device.allocate('int32', 4),
      device.allocate('float32', 4),
    ];
    device.write(out, Float32Array.of(2 ** 24));
    device.write(i, Int32Array.of(0, 0, 0, 0));
    device.write(updates, Float32Array.of(1, 1, -(2 ** 24), 1));
    device.kernels.scatterAdd(out, i, updates, { outer: 1, size: 1, inner: 1, count: 4 });
    // In float32 and in this order the two ones are lost in 2^24; in any other order they would not be.
    assert.equal([...device.readSync!(out)], [1]);
    for (const buffer of [out, i, updates]) device.release(buffer);
  });
});

test.run();
