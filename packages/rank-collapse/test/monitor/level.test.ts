/** Levels of alarm: where they begin, and what no line is fitted through. */
import { assertClose } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { levelOf } from '../../src/monitor/level.js';

/** 64 eps sqrt(tokens) for float32. */
const floorOf = (tokens: number): number => 64 * 2 ** -23 * Math.sqrt(tokens);

const layersOf = (ratios: readonly number[], tokens = 16) =>
  ratios.map((ratio, layer) => ({ layer, ratio, tokens, atFloor: tokens > 1 && ratio < floorOf(tokens) }));

/** Ratios with log |log ratio| on a line. */
const lawful = (count: number, start: number, slope: number): number[] =>
  Array.from({ length: count }, (_, l) => Math.exp(-Math.exp(start + slope * l)));

test('a ratio that stays is ok, whatever its slope', () => {
  assert.is(levelOf(layersOf([0.99, 0.98, 0.97, 0.96])).level, 'ok');
  // Slope log 2, but hardly anything is lost.
  const { level, slope, extrapolated } = levelOf(layersOf([0.999, 0.998, 0.996, 0.992]));
  assert.is(level, 'ok');
  assertClose(slope as number, Math.log(2), { rtol: 0.01 });
  assertClose(extrapolated as number, 0.992, { rtol: 1e-3 });
});

test('the last layer at the floor is collapsed, and no point at the floor is fitted through', () => {
  const { level, slope, extrapolated } = levelOf(layersOf([0.95, 0.5, 1.4e-2, 1e-7, 4e-8, 4e-8]));
  assert.is(level, 'collapsed');
  const heights = [0.95, 0.5, 1.4e-2].map((ratio) => Math.log(-Math.log(ratio)));
  assertClose(slope as number, (heights[2]! - heights[0]!) / 2, { rtol: 1e-12 });
  assert.ok((extrapolated as number) < 1e-100);
  assert.equal(levelOf(layersOf([0.9, 1e-7, 1e-7])), { level: 'collapsed' });
});

test('collapsing: a slope above 0.5 that leads below 1e-3', () => {
  assert.is(levelOf(layersOf(lawful(4, -1, 1.0))).level, 'collapsing');
  assert.is(levelOf(layersOf(lawful(4, -1, 0.9))).level, 'ok', 'it leads to 4e-3');
  assert.is(levelOf(layersOf(lawful(6, -0.4, 0.49))).level, 'ok', 'the slope is below 0.5');
  assert.is(levelOf(layersOf(lawful(6, -0.4, 0.51))).level, 'collapsing');
});

test('the floor is 64 eps sqrt(tokens)', () => {
  for (const tokens of [2, 16, 1024]) {
    assert.is(levelOf(layersOf([0.9, floorOf(tokens) * 0.99], tokens)).level, 'collapsed');
    assert.is(levelOf(layersOf([0.9, floorOf(tokens) * 1.01], tokens)).level, 'ok');
  }
});

test('ratios above 1, one token alone and too few layers are ok', () => {
  assert.equal(levelOf(layersOf([0.5, 1.02, 1e-4])), { level: 'ok' });
  assert.equal(levelOf(layersOf([0, 0, 0], 1)), { level: 'ok' });
  assert.equal(levelOf(layersOf([0.5, 1e-3])), { level: 'ok' });
  assert.equal(levelOf([]), { level: 'ok' });
});

test("the paper's law is found in the reference's ratios", () => {
  const golden = new Golden<{ layer: number; ratio: number }[]>(new URL('../golden/tracking', import.meta.url));
  const layers = golden.scalars.map(({ layer, ratio }) => ({ layer, ratio, tokens: 10, atFloor: false }));
  const { level, slope } = levelOf(layers);
  assert.is(level, 'collapsing');
  assert.ok(Math.abs((slope as number) - Math.log(3)) < 0.1, `slope ${slope}`);
});

test('the slope is that of any line', () => {
  const slopes = fc.double({ min: 0.05, max: 1.2, noNaN: true });
  fc.assert(
    fc.property(slopes, fc.integer({ min: 3, max: 8 }), (wanted, count) => {
      const layers = lawful(count, -3, wanted).map((ratio, layer) => ({ layer, ratio, tokens: 8, atFloor: false }));
      fc.pre(layers.every(({ ratio }) => ratio > 1e-300));
      assertClose(levelOf(layers).slope as number, wanted, { rtol: 1e-6 });
    }),
    { numRuns: 50, seed: 2 },
  );
});

test.run();
