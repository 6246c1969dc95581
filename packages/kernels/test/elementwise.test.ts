/** Functions of each element against the oracle: special values, broadcasting, element types, exactness. */
import { createWasmDevice, type DType } from '@saccade/kernels';
import { assertClose } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { erf, unaryFunctions } from '../src/js/functions.js';
import { binaryOps, compareOps, testOps, type UnaryOp, unaryOps } from '../src/table/elementwise.js';
import { conform, type Generator, input, output } from './conformance.js';

const SPECIAL = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Values of several magnitudes, whose powers still fit float32, with a special one here and there. */
function values(random: Generator, length: number, special = 0.05): Float32Array {
  const scale = random.pick([0.5, 3, 20]);
  return random.floats(length, -scale, scale).map((x) => (random.boolean(special) ? random.pick(SPECIAL) : x));
}

/** A shape and two or three operands of it, axes of each broadcast at random. */
function broadcastCase(
  random: Generator,
  operands: number,
): { shape: number[]; strides: number[][]; lengths: number[] } {
  const shape = Array.from({ length: random.integer(0, 4) }, () => random.pick([1, 2, 3, 4, 5, 7, 8, 16, 33]));
  const lengths: number[] = [];
  const strides = Array.from({ length: operands }, () => {
    let length = 1;
    const steps = new Array<number>(shape.length).fill(0);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      if (random.boolean(0.35)) continue;
      steps[axis] = length;
      length *= shape[axis] as number;
    }
    lengths.push(length);
    return steps;
  });
  return { shape, strides, lengths };
}

const volume = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

test('unary functions follow the oracle, special values included', async () => {
  for (const op of unaryOps) {
    const looser = op === 'gelu' || op === 'geluTanh' || op === 'erf';
    await conform(
      'unary',
      (random) => {
        const x = values(random, random.size(700) - 1);
        return [op, input(x), output('float32', x.length)];
      },
      { rtol: 3e-7, atol: looser ? 2e-7 : 1e-37 },
      30,
    );
  }
});

test('unary functions of int32', async () => {
  await conform('unary', (random) => {
    const x = random.integers(random.size(300), -(2 ** 31), 2 ** 31 - 1);
    return [random.pick(['neg', 'abs', 'sign', 'square']), input(x), output('int32', x.length)];
  });
});

/** Float32 numbers between `value` and the nearest one, in units of the last place. */
function unitsApart(actual: number, value: number): number {
  if (Object.is(Math.fround(value), actual) || actual === value) return 0;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(value))), -126);
  return Math.abs(actual - value) / 2 ** (exponent - 23);
}

function unaryOnWasm(op: UnaryOp, x: Float32Array): Float32Array {
  const device = createWasmDevice({ threads: 1 });
  const [from, to] = [device.allocate('float32', x.length), device.allocate('float32', x.length)];
  device.write(from, x);
  device.kernels.unary(op, from, to);
  const result = device.readSync?.(to) as Float32Array;
  device.dispose();
  return result;
}

test('no element of a unary function depends on its neighbours, at the end of a tensor neither', () => {
  const strange = [Number.NaN, Number.POSITIVE_INFINITY, 3e6, -2e9, 1e-40, 88, -104];
  const plain = [0.3, -1.7, 2.5, 1e5, -40];
  for (const op of unaryOps) {
    for (const x of [...plain, ...strange]) {
      const [alone] = unaryOnWasm(op, Float32Array.of(x, x, x, x));
      for (const neighbour of strange) {
        const among = unaryOnWasm(op, Float32Array.of(neighbour, x, neighbour, 1, x));
        for (const at of [1, 4]) {
          assert.ok(Object.is(among[at], alone), `${op}(${x}) beside ${neighbour}: ${among[at]}, alone ${alone}`);
        }
      }
    }
  }
});

test('unary functions stay within 4 units in the last place over their whole range', () => {
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  // Every sign and exponent, mantissas spread; then the ranges that matter most, densely.
  const x = Float32Array.from({ length: 60000 }, (_, i) => {
    bits[0] = Math.imul(i, 71777);
    return i < 40000 ? (float[0] as number) : (i - 50000) / (i % 2 ? 400 : 10000);
  });
  for (const op of unaryOps) {
    const y = unaryOnWasm(op, x);
    const absolute = op === 'erf' || op === 'gelu' || op === 'geluTanh';
    x.forEach((argument, i) => {
      const expected = unaryFunctions[op](argument);
      const got = y[i] as number;
      const near = absolute
        ? Math.abs(got - expected) <= 2e-7 * Math.max(1, Math.abs(expected))
        : unitsApart(got, expected) <= 4;
      const flushed = op === 'sigmoid' && got === 0 && expected < 4.5e-39;
      const same = Number.isNaN(expected) ? Number.isNaN(got) : Math.fround(expected) === got;
      if (!near && !same && !flushed) throw new Error(`${op}(${argument}): got ${got}, expected ${expected}`);
    });
  }
});

test('the exponential rises everywhere, is 0 at -Infinity and overflows above 88.73', () => {
  const x = Float32Array.from({ length: 200001 }, (_, i) => -105 + (i * 194) / 200000);
  const y = unaryOnWasm('exp', x);
  for (let i = 1; i < y.length; i++) assert.ok((y[i] as number) >= (y[i - 1] as number) * (1 - 1.2e-7), `at ${x[i]}`);
  assert.equal([...unaryOnWasm('exp', Float32Array.of(-Infinity, Infinity, 0, 88.73, 88.72))].slice(0, 4), [
    0,
    Infinity,
    1,
    Infinity,
  ]);
  x.forEach((argument, i) => {
    if (argument < -87 || argument > 88.72) return;
    assert.ok(Math.abs((y[i] as number) / Math.exp(argument) - 1) <= 1e-7, `exp(${argument})`);
  });
});

test('known values of erf and gelu', () => {
  assertClose(
    [0.5, 1, 2, 3].map(erf),
    [0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 0.9999779095030014],
    {
      rtol: 1e-14,
    },
  );
  assertClose([-1, 1, 2].map(unaryFunctions.gelu), [-0.15865525393145707, 0.8413447460685429, 1.9544997361036416], {
    rtol: 1e-14,
  });
});

test('binary functions follow the oracle over broadcast axes', async () => {
  for (const op of binaryOps) {
    await conform(
      'binary',
      (random) => {
        const { shape, strides, lengths } = broadcastCase(random, 2);
        const special = op.endsWith('Grad') ? 0 : 0.05;
        const [a, b] = lengths.map((length) => values(random, length, special)) as [Float32Array, Float32Array];
        const out = output('float32', volume(shape));
        const plain = strides.every((operand, o) => volume(shape) === lengths[o] && !operand.includes(0));
        return [op, input(a), input(b), out, plain && random.boolean() ? undefined : { shape, strides }];
      },
      { rtol: 2e-6, atol: op.endsWith('Grad') ? 1e-3 : 1e-37 },
      40,
    );
  }
});

test('gradient functions are accurate where activations live', async () => {
  for (const op of binaryOps.filter((name) => name.endsWith('Grad'))) {
    await conform(
      'binary',
      (random) => {
        const n = random.size(300);
        return [op, input(random.floats(n, -9, 9)), input(random.floats(n)), output('float32', n)];
      },
      { rtol: 1e-6, atol: 1e-6 },
    );
  }
});

test('binary functions of int32 wrap, and divide towards zero', async () => {
  for (const op of ['add', 'sub', 'mul', 'div', 'mod', 'maximum', 'minimum', 'squaredDifference'] as const) {
    await conform(
      'binary',
      (random) => {
        const { shape, strides, lengths } = broadcastCase(random, 2);
        const high = random.pick([5, 2 ** 31 - 1]);
        const [a, b] = lengths.map((length) => random.integers(length, -high - 1, high)) as [Int32Array, Int32Array];
        return [op, input(a), input(b), output('int32', volume(shape)), { shape, strides }];
      },
      { rtol: 0, atol: 0 },
    );
  }
});

test('the smallest int32 divided by -1 wraps instead of trapping', async () => {
  await conform(
    'binary',
    (random) => {
      const a = Int32Array.of(-(2 ** 31), 7, -7, 7, -7, 5);
      const b = Int32Array.of(-1, 2, 2, -2, -2, 0);
      return [random.pick(['div', 'mod']), input(a), input(b), output('int32', 6)];
    },
    { rtol: 0, atol: 0 },
    4,
  );
});

test('binary functions with a number on either side', async () => {
  await conform(
    'binaryScalar',
    (random) => {
      const op = random.pick(binaryOps.filter((name) => !name.endsWith('Grad')));
      const x = values(random, random.size(500));
      const scalar = random.pick([0, 1, -1, 2, 0.5, -2.5, 3]);
      const out = output('float32', x.length);
      return [op, random.boolean(0.2) ? output('float32', x) : input(x), scalar, out, random.boolean()];
    },
    { rtol: 2e-6, atol: 1e-37 },
    300,
  );
  await conform('binaryScalar', (random) => {
    const x = random.integers(random.size(300), -50, 50);
    const op = random.pick(['add', 'sub', 'mul', 'div', 'mod', 'maximum', 'minimum', 'pow'] as const);
    return [op, input(x), random.integer(0, 4), output('int32', x.length), op !== 'pow' && random.boolean()];
  });
});

test('a kernel may write over its input', async () => {
  const device = createWasmDevice({ threads: 1 });
  const x = device.allocate('float32', 21);
  device.write(
    x,
    Float32Array.from({ length: 21 }, (_, i) => i),
  );
  device.kernels.unary('square', x, x);
  device.kernels.binary('add', x, x, x);
  device.kernels.binaryScalar('sub', x, 1, x, false);
  assertClose(
    device.readSync?.(x) as Float32Array,
    Float32Array.from({ length: 21 }, (_, i) => 2 * i * i - 1),
  );
  device.dispose();
});

test('comparisons and logic over broadcast axes', async () => {
  await conform(
    'compare',
    (random) => {
      const { shape, strides, lengths } = broadcastCase(random, 2);
      const op = random.pick(compareOps);
      const type = op === 'and' || op === 'or' || op === 'xor' ? 'bool' : random.pick(['float32', 'int32', 'bool']);
      const [a, b] = lengths.map((length) => {
        if (type === 'bool') return input(random.bits(length), 'bool');
        const whole = random.integers(length, -2, 2);
        if (type === 'int32') return input(whole);
        return input(Float32Array.from(whole, (x) => (random.boolean(0.1) ? Number.NaN : x)));
      });
      const plain = lengths.every((length) => length === volume(shape)) && strides.every((s) => !s.includes(0));
      return [op, a, b, output('bool', volume(shape)), plain && random.boolean() ? undefined : { shape, strides }];
    },
    { rtol: 0, atol: 0 },
    400,
  );
});

test('tests of one element', async () => {
  await conform('test', (random) => {
    const op = random.pick(testOps);
    const n = random.size(300);
    const x = op === 'not' && random.boolean(0.8) ? input(random.bits(n), 'bool') : input(values(random, n, 0.4));
    return [op, x, output('bool', n)];
  });
});

test('where chooses over broadcast axes, any type', async () => {
  await conform(
    'where',
    (random) => {
      const { shape, strides, lengths } = broadcastCase(random, 3);
      const [c, a, b] = lengths as [number, number, number];
      const type = random.pick<DType>(['float32', 'int32', 'uint8']);
      const data = (length: number): Float32Array | Int32Array | Uint8Array =>
        type === 'float32'
          ? values(random, length)
          : type === 'int32'
            ? random.integers(length, -(2 ** 31), 2 ** 31 - 1)
            : random.bits(length);
      const plain = lengths.every((length) => length === volume(shape)) && strides.every((s) => !s.includes(0));
      const out = output(type, volume(shape));
      const condition = input(random.bits(c), 'bool');
      return [condition, input(data(a)), input(data(b)), out, plain ? undefined : { shape, strides }];
    },
    { rtol: 0, atol: 0 },
    300,
  );
});

test('clip keeps NaN and lies within its bounds', async () => {
  await conform('clip', (random) => {
    const x = values(random, random.size(400));
    return [input(x), output('float32', x.length), -random.unit(), random.unit()];
  });
});

test('casts truncate and saturate', async () => {
  const types: DType[] = ['float32', 'int32', 'uint8', 'bool'];
  await conform(
    'cast',
    (random) => {
      const from = random.pick(types);
      const to = random.pick(types);
      const n = random.size(300);
      const float = values(random, n, 0.2).map((x) => (random.boolean(0.2) ? x * 1e7 : x));
      const x =
        from === 'float32'
          ? float
          : from === 'int32'
            ? random.integers(n, -400, 2 ** random.integer(1, 31) - 1)
            : random.bits(n).map((bit) => (from === 'bool' ? bit : bit * random.integer(0, 255)));
      return [input(x, from), output(to, n), to];
    },
    { rtol: 6e-8, atol: 0 },
    400,
  );
});

test('fill writes one value to every element', async () => {
  await conform('fill', (random) => {
    const type = random.pick<DType>(['float32', 'int32', 'uint8']);
    return [output(type, random.size(5000)), type === 'float32' ? random.integer(-9, 9) / 2 : random.integer(0, 9)];
  });
});

test('powers that are products are within rounding of the oracle', async () => {
  await conform(
    'binaryScalar',
    (random) => {
      const n = random.size(300);
      return ['pow', input(random.floats(n)), random.pick([-1, 2, 3]), output('float32', n), false];
    },
    { rtol: 3e-7, atol: 0 },
  );
});

test.run();
