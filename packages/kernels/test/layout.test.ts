/** The strided copy against the oracle, for every element type. */
import type { CopyLayout, TypedArray } from '@saccade/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { conform, type Generator, input, output, wasmForms } from './conformance.js';

const exact = { rtol: 0, atol: 0 };

function contiguous(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    step *= shape[axis]!;
  }
  return strides;
}

function values(random: Generator, length: number): TypedArray {
  const kind = random.integer(0, 2);
  if (kind === 0) return random.floats(length);
  if (kind === 1) return random.integers(length, -1000, 1000);
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}

const dtypeOf = (x: TypedArray) =>
  x instanceof Float32Array ? 'float32' : x instanceof Int32Array ? 'int32' : ('uint8' as const);

/** A view into a larger buffer: some axes cut, stepped, flipped or repeated, all of them permuted. */
function view(random: Generator, shape: readonly number[], repeats: boolean) {
  const order = random.permutation(shape.length);
  const step = shape.map(() => (random.boolean(0.2) ? 2 : 1));
  const cut = shape.map(() => (random.boolean(0.2) ? random.integer(1, 3) : 0));
  const repeated = shape.map(() => repeats && random.boolean(0.15));
  const stored = order.map((axis) => (repeated[axis] ? 1 : shape[axis]! * step[axis]! + cut[axis]!));
  const steps = contiguous(stored);
  const strides = new Array<number>(shape.length).fill(0);
  let offset = 0;
  order.forEach((axis, place) => {
    if (repeated[axis]) return;
    const flipped = random.boolean(0.2);
    const unit = steps[place]! * step[axis]!;
    strides[axis] = flipped ? -unit : unit;
    offset += cut[axis]! * steps[place]! + (flipped ? (shape[axis]! - 1) * unit : 0);
  });
  return { strides, offset, length: stored.reduce((a, b) => a * b, 1) };
}

test('copy moves any strided block to any other, for every element type', async () => {
  await conform(
    'copy',
    (random) => {
      const rank = random.integer(0, 5);
      const shape = Array.from({ length: rank }, () => random.size(rank > 3 ? 9 : 40));
      const from = view(random, shape, true);
      const to = view(random, shape, false);
      const x = values(random, from.length);
      const layout: CopyLayout = {
        shape,
        xStrides: from.strides,
        xOffset: from.offset,
        outStrides: to.strides,
        outOffset: to.offset,
      };
      return [input(x), output(dtypeOf(x), to.length), layout];
    },
    exact,
    400,
    60,
  );
});

test('copy transposes matrices of every size near the tiles', async () => {
  await conform(
    'copy',
    (random) => {
      const [batch, m, n] = [random.integer(1, 3), random.integer(1, 70), random.integer(1, 70)];
      const x = values(random, batch * m * n);
      const layout: CopyLayout = {
        shape: [batch, n, m],
        xStrides: [m * n, 1, n],
        xOffset: 0,
        outStrides: [m * n, m, 1],
        outOffset: 0,
      };
      return [input(x), output(dtypeOf(x), x.length), layout];
    },
    exact,
    120,
    40,
  );
});

test('copy moves whole buffers, rows of every length, and none', async () => {
  await conform(
    'copy',
    (random) => {
      const [rows, n] = [random.integer(0, 5), random.pick([0, 1, 3, 4, 5, 15, 16, 17, 31, 64, 130, 600, 20000])];
      const gap = random.integer(0, 2);
      const x = values(random, rows * (n + gap));
      const layout: CopyLayout = {
        shape: [rows, n],
        xStrides: [n + gap, 1],
        xOffset: 0,
        outStrides: [n, 1],
        outOffset: 0,
      };
      return [input(x), output(dtypeOf(x), rows * n), layout];
    },
    exact,
    120,
    40,
  );
});

test('copy leaves what lies outside the block alone, and turns a matrix by a quarter', async () => {
  for (const { device } of await wasmForms()) {
    const x = device.allocate('int32', 6);
    const out = device.allocate('int32', 9);
    device.write(x, Int32Array.from([1, 2, 3, 4, 5, 6])); // [[1, 2, 3], [4, 5, 6]]
    device.write(out, new Int32Array(9).fill(-1));
    // Rows from the columns, from the last one up: [[3, 6], [2, 5], [1, 4]] into the left of [3, 3].
    device.kernels.copy(x, out, {
      shape: [3, 2],
      xStrides: [-1, 3],
      xOffset: 2,
      outStrides: [3, 1],
      outOffset: 0,
    });
    assert.equal([...(device.readSync?.(out) ?? [])], [3, 6, -1, 2, 5, -1, 1, 4, -1]);
    device.release(x);
    device.release(out);
  }
});

test.run();
