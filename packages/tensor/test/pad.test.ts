/** Borders: of a value, reflected, replicated, circular; against positions worked out one by one, and PyTorch's limits. */
import { DTypeError, OptionError } from '@saccade/kernels';
import { assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Border, pad, scope, tensor, zeros } from '../src/index.js';
import { onDevices } from './devices.js';
import { assertTensor, counting, truth, values, whole } from './values.js';

const inScope = (name: string, body: () => void): void => onDevices(test, name, () => scope(body));

inScope('a border of a value surrounds', () => {
  assertTensor(pad(counting(1, 2), [[1, 0], [0, 1]], 9), [2, 3], [9, 9, 9, 0, 1, 9]); // biome-ignore format: pairs
  assertTensor(pad(whole([1]), [[1, 1]]), [3], [0, 1, 0], 'int32');
  assertTensor(pad(zeros([0, 2]), [[1, 0], [0, 1]], 3), [1, 3], [3, 3, 3]); // biome-ignore format: pairs
});

inScope('borders of what the tensor holds, along one axis', () => {
  const x = counting(4);
  assertTensor(pad(x, [[2, 2]], 'reflect'), [8], [2, 1, 0, 1, 2, 3, 2, 1]);
  assertTensor(pad(x, [[3, 3]], 'reflect'), [10], [3, 2, 1, 0, 1, 2, 3, 2, 1, 0]);
  assertTensor(pad(x, [[2, 2]], 'replicate'), [8], [0, 0, 0, 1, 2, 3, 3, 3]);
  assertTensor(pad(x, [[6, 0]], 'replicate'), [10], [0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
  assertTensor(pad(x, [[2, 2]], 'circular'), [8], [2, 3, 0, 1, 2, 3, 0, 1]);
  assertTensor(pad(x, [[4, 1]], 'circular'), [9], [0, 1, 2, 3, 0, 1, 2, 3, 0]);
});

inScope('corners are borders of borders', () => {
  const x = counting(2, 3);
  const widths = [[1, 0], [0, 2]] as const; // biome-ignore format: pairs
  assertTensor(pad(x, widths, 'reflect'), [3, 5], [3, 4, 5, 4, 3, 0, 1, 2, 1, 0, 3, 4, 5, 4, 3]);
  assertTensor(pad(x, widths, 'replicate'), [3, 5], [0, 1, 2, 2, 2, 0, 1, 2, 2, 2, 3, 4, 5, 5, 5]);
  assertTensor(pad(x, widths, 'circular'), [3, 5], [3, 4, 5, 3, 4, 0, 1, 2, 0, 1, 3, 4, 5, 3, 4]);
});

inScope('every element type, scalars, axes of one and empty tensors have borders', () => {
  for (const border of ['reflect', 'replicate', 'circular'] as const) {
    assertTensor(pad(whole([5, 6]), [[1, 0]], border), [3], [border === 'replicate' ? 5 : 6, 5, 6], 'int32');
    assertTensor(pad(truth([1, 0]), [[0, 1]], border), [3], [1, 0, border === 'replicate' ? 0 : 1], 'bool');
    assertTensor(pad(tensor(Uint8Array.of(1, 2)), [[0, 0]], border), [2], [1, 2], 'uint8');
    assertTensor(pad(tensor(3), [], border), [], [3]);
    assertTensor(pad(zeros([0, 2]), [[0, 0], [1, 1]], border), [0, 4], []); // biome-ignore format: pairs
    assertTensor(pad(counting(1), [[0, 0]], border), [1], [0]);
  }
  assertTensor(pad(counting(1), [[1, 1]], 'circular'), [3], [0, 0, 0]);
  assertTensor(pad(counting(1), [[2, 1]], 'replicate'), [4], [0, 0, 0, 0]);
});

inScope('without a border there is still a tensor of its own', () => {
  const x = counting(2);
  const y = pad(x, [[0, 0]], 'circular');
  x.dispose();
  assertTensor(y, [2], [0, 1]);
});

inScope('widths that a tensor cannot give are refused', () => {
  const x = counting(2, 3);
  const some = [[[1, 1]], [[1, 1], [1, -1]], [[1, 1], [0.5, 1]], [[1], [2]], [[1, 1], [Number.NaN, 0]]]; // biome-ignore format: pairs
  for (const widths of some) {
    for (const border of [0, 'reflect', 'circular'] as const) {
      // biome-ignore format: one line
      assertThrows(() => pad(x, widths as never, border), OptionError, /pad: expected 2 pairs of whole numbers from 0 for \[2, 3\]/);
    }
  }
  const refused = (widths: [number, number][], border: Border, text: string): void => {
    const error = assertThrows(() => pad(x, widths, border), OptionError);
    assert.is(error.message, `pad: ${text}`);
  };
  refused([[0, 0], [1, 3]], 'reflect', "'reflect' takes widths up to 2 for axis 1 of [2, 3], got [1, 3]"); // biome-ignore format: pairs
  refused([[2, 0], [0, 0]], 'reflect', "'reflect' takes widths up to 1 for axis 0 of [2, 3], got [2, 0]"); // biome-ignore format: pairs
  refused([[0, 3], [0, 0]], 'circular', "'circular' takes widths up to 2 for axis 0 of [2, 3], got [0, 3]"); // biome-ignore format: pairs
  for (const border of ['reflect', 'replicate', 'circular'] as const) {
    assertThrows(() => pad(zeros([0]), [[1, 0]], border), OptionError, /takes widths up to 0 for axis 0 of \[0\]/);
  }
});

inScope('a border that is none is refused', () => {
  const x = whole([1]);
  // biome-ignore format: one line
  assertThrows(() => pad(x, [[1, 1]], 'edge' as never), OptionError, /pad: a border is a number, 'reflect', 'replicate', 'circular', got "edge"/);
  assertThrows(() => pad(x, [[1, 1]], 'toString' as never), OptionError, /a border is a number/);
  assertThrows(() => pad(x, [[1, 1]], 0.5), DTypeError, /pad: 0.5 is no int32/);
  assertThrows(() => pad(x, [[1, 1]], { mode: 'reflect' } as never), DTypeError, /pad: an object is no int32/);
  assertThrows(() => pad(counting(1), [[1, 1]], null as never), DTypeError, /pad: null is no float32/);
});

/** Where place `i`, counted from the first value, of an axis of `n` comes from: one step at a time. */
function walk(i: number, n: number, border: Border): number {
  let [at, step] = [0, i < 0 ? -1 : 1];
  for (let left = Math.abs(i); left > 0; left--) {
    const next = at + step;
    if (next >= 0 && next < n) at = next;
    else if (border === 'circular') at = next < 0 ? n - 1 : 0;
    else if (border === 'reflect') {
      step = -step;
      at += step;
    }
  }
  return at;
}

inScope('every value comes from where a walk over the edge ends', () => {
  const axis = fc.record({ n: fc.integer({ min: 1, max: 4 }), before: fc.nat({ max: 4 }), after: fc.nat({ max: 4 }) });
  const borders = fc.constantFrom('reflect', 'replicate', 'circular');
  const property = fc.property(fc.array(axis, { minLength: 1, maxLength: 4 }), borders, (axes, border) => {
    const most = (n: number): number => (border === 'reflect' ? n - 1 : border === 'circular' ? n : 4);
    const widths = axes.map(({ n, before, after }) => [Math.min(before, most(n)), Math.min(after, most(n))] as const);
    scope(() => {
      const y = pad(counting(...axes.map(({ n }) => n)), widths, border);
      let sources = [0];
      axes.forEach(({ n }, i) => {
        const [before, after] = widths[i]!;
        const places = Array.from({ length: before + n + after }, (_, j) => walk(j - before, n, border));
        sources = sources.flatMap((base) => places.map((place) => base * n + place));
      });
      assert.equal(values(y), sources);
    });
  });
  fc.assert(property, { seed: 3, numRuns: 200 });
});

test.run();
