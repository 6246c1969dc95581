/** Axes: places, and the values that they name. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Axis, evenAxis, logAxis } from '../src/axis.js';

const texts = ({ ticks }: Axis): string[] => ticks.map(({ text }) => text);

test('a logarithmic axis places by ratio and names what there is room for', () => {
  const axis = logAxis(10, 1000, 12);
  assert.is(axis.place(10), 0);
  assert.ok(Math.abs(axis.place(100) - 0.5) < 1e-12);
  assert.is(axis.place(1000), 1);
  assert.equal(texts(axis), ['10', '20', '50', '100', '200', '500', '1 k']);
  assert.equal(texts(logAxis(1, 1e12, 5)), ['1', '1 k', '1 M', '1 G', '1 T']);
  assert.equal(texts(logAxis(0.121, 430, 2)), ['1', '100']);
  assert.equal(texts(logAxis(1000, 1500, 8)), ['1 k', '1.1 k', '1.2 k', '1.3 k', '1.4 k', '1.5 k']);
});

test('an even axis has a margin, but none below 0 for what is not negative', () => {
  const axis = evenAxis(0.2, 0.7, 6);
  assert.ok(axis.place(0.2) > 0.02 && axis.place(0.7) < 0.98);
  assert.equal(texts(axis), ['0.2', '0.3', '0.4', '0.5', '0.6', '0.7']);
  assert.is(evenAxis(0.01, 1, 5).place(0), 0);
  assert.ok(evenAxis(-1, 1, 5).place(-1) > 0);
});

test('neighbours never read the same', () => {
  assert.equal(texts(evenAxis(0.1209, 0.12098, 5)), ['0.1209', '0.12092', '0.12094', '0.12096', '0.12098']);
});

test('one value alone lies in the middle of an axis with names, and 0 at its foot', () => {
  for (const axis of [logAxis(640, 640, 6), evenAxis(640, 640, 6), evenAxis(-3, -3, 6)]) {
    const value = axis.ticks[0]!.value < 0 ? -3 : 640;
    assert.ok(Math.abs(axis.place(value) - 0.5) < 1e-12);
    assert.ok(axis.ticks.length > 1);
  }
  assert.is(evenAxis(0, 0, 6).place(0), 0);
});

test('all that is within the ends lies within the axis, and so do the named values, in order and no more than allowed', () => {
  const kinds = fc.record({
    low: fc.double({ min: -290, max: 290, noNaN: true }),
    decades: fc.oneof(
      fc.constant(0),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 9, noNaN: true }),
    ),
    most: fc.integer({ min: 2, max: 12 }),
    negative: fc.boolean(),
  });
  fc.assert(
    fc.property(kinds, ({ low, decades, most, negative }) => {
      const [from, to] = [10 ** low, 10 ** (low + decades)];
      for (const axis of [logAxis(from, to, most), evenAxis(negative ? -to : from, to, most)]) {
        const places = [from, to, ...axis.ticks.map(({ value }) => value)].map((value) => axis.place(value));
        for (const place of places) assert.ok(place >= -1e-6 && place <= 1 + 1e-6, `place ${place}`);
        const named = axis.ticks.map(({ value }) => value);
        assert.ok(named.length <= most);
        assert.equal(
          named,
          [...new Set(named)].sort((a, b) => a - b),
        );
        assert.is(new Set(texts(axis)).size, named.length);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
