/** Charts of curves by layer: bands, the floor, zeros, bad input. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { curveChart, type LayerCurve } from '../../src/charts/curve-chart.js';

const curve = (name: string, means: readonly number[], change: object = {}): LayerCurve => ({
  name,
  points: means.map((mean, layer) => ({ layer, mean, ...change })),
});

/** Pixels of the line of a colour. */
const line = (svg: string, color: number): number[][] => {
  const [, path] = new RegExp(`<path class="c${color}" stroke-width="2.2"[^>]* d="M([^"]*)"`).exec(svg)!;
  return path!.split('L').map((at) => at.split(' ').map(Number));
};

test('a curve, its name, and a point for each layer that tells its value', () => {
  const svg = curveChart([curve('SAN', [0.9, 0.1, 1e-3])]);
  assert.match(svg, '>SAN</text>');
  assert.match(svg, '<title>SAN: 0.001 at 2 layer</title>');
  assert.match(svg, 'How far tokens are from one');
  assert.not.match(svg, 'hollow"');
  assert.not.match(svg, 'fill-opacity');
});

test('deviations are a band, those of one sample (NaN) are none', () => {
  const has = (deviation: number): boolean =>
    curveChart([curve('a', [0.9, 0.5], { deviation })]).includes('fill-opacity="0.18"');
  assert.ok(has(0.1));
  assert.not.ok(has(Number.NaN) || has(0));
  // More than the mean: the band reaches the lowest value of the curve rather than minus infinity.
  assert.not.match(curveChart([curve('a', [0.9, 0.5], { deviation: 2 })]), /NaN|Infinity/);
});

test('a logarithmic axis survives 1e-160 and zeros, which are hollow at the lowest value of their curve', () => {
  const svg = curveChart([curve('tracked', [0.9, 1e-20, 1e-160]), curve('direct', [0.9, 1e-16, 0])]);
  assert.not.match(svg, /NaN|Infinity/);
  assert.match(svg, /hollow: rounding/);
  assert.match(svg, '<title>direct: at most 1e-16 at 2 layer</title>');
  const direct = line(svg, 1);
  assert.is(direct[2]![1], direct[1]![1]);
  assert.ok(line(svg, 0)[2]![1]! > direct[2]![1]!);
  for (const means of [[0, 0], [5e-324, 1e-320], [0.5]]) {
    assert.not.match(curveChart([curve('a', means)]), /NaN|Infinity/, String(means));
  }
  assert.not.match(curveChart([curve('all zero', [0, 0]), curve('b', [1, 0.5])]), /NaN|Infinity/);
});

test('points at the floor are hollow', () => {
  const points = [0.9, 1e-7, 1e-7].map((mean, layer) => ({ layer, mean, atFloor: layer > 0 }));
  for (const log of [true, false]) {
    assert.is(curveChart([{ name: 'a', points }], { log }).match(/c0 hollow"/g)?.length, 2);
  }
});

test('an even axis has room for zeros and negative values', () => {
  const svg = curveChart([curve('cosine', [-0.2, 0, 0.9])], { log: false, yLabel: 'cosine' });
  assert.not.match(svg, /hollow"/);
  assert.match(svg, '>cosine</text>');
});

test('layers are named by whole numbers, and texts are safe', () => {
  const svg = curveChart([curve('<b>', [1, 0.5, 0.2])], { title: '<i>' });
  assert.equal(
    [...svg.matchAll(/text-anchor="middle">([\d.]+)</g)].map(([, text]) => text),
    ['0', '1', '2'],
  );
  assert.not.ok(svg.includes('<b>') || svg.includes('<i>'));
});

test('values that cannot be drawn and options that make no sense are refused', () => {
  const message = /curveChart: values must be finite and not below 0, got NaN at layer 1 of "a"/;
  assertThrows(() => curveChart([curve('a', [1, Number.NaN])]), OptionError, message);
  assertThrows(() => curveChart([curve('a', [-1])]), OptionError, /not below 0, got -1/);
  assertThrows(
    () => curveChart([curve('a', [Number.POSITIVE_INFINITY])], { log: false }),
    OptionError,
    /must be finite, got Infinity/,
  );
  assertThrows(
    () => curveChart([], { width: 100 }),
    OptionError,
    /curveChart: width must be a whole number from 240, got 100/,
  );
  assertThrows(() => curveChart([], { log: 1 as never }), OptionError, /curveChart: log must be true or false, got 1/);
  assertThrows(() => curveChart([], { logY: true } as never), OptionError, /curveChart: no option 'logY'/);
  assert.match(curveChart([]), 'no point to draw');
});

test.run();
