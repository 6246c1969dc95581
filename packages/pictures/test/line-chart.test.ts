/** Charts of lines, as SVG and as text: axes of both kinds, and what is drawn of curves without points. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lineChart } from '../src/line-chart.js';
import type { LineDrawing } from '../src/line-drawing.js';
import { lineText } from '../src/line-text.js';

const size = { width: 856, height: 420 };
const points = [0, 1, 2, 3, 4].map((x) => [x, 2 ** x] as const);

function drawing(change: Partial<LineDrawing> = {}): LineDrawing {
  const curves = [{ name: 'rank', dashed: false, points }];
  return { curves, title: 'depth', xLabel: 'layer', yLabel: 'residual', logX: false, logY: false, ...change };
}

/** Pixels across and down of the only line. */
function placesOf(svg: string): [number, number][] {
  const [, path] = /<path class="c0"[^>]* d="M([^"h]*)">/.exec(svg)!;
  return path!.split('L').map((at) => at.split(' ').map(Number) as [number, number]);
}

test('an even axis has even steps, a logarithmic one even factors', () => {
  const steps = (places: readonly number[]): number[] => places.slice(1).map((at, i) => Math.abs(at - places[i]!));
  const isEven = (list: readonly number[]): boolean => list.every((step) => Math.abs(step - list[0]!) < 0.5);
  const even = placesOf(lineChart(drawing(), size));
  assert.ok(isEven(steps(even.map(([x]) => x))));
  assert.not.ok(isEven(steps(even.map(([, y]) => y))));
  assert.ok(isEven(steps(placesOf(lineChart(drawing({ logY: true }), size)).map(([, y]) => y))));
  const later = [{ name: 'a', dashed: false, points: points.map(([x, y]) => [2 ** x, y] as const) }];
  assert.ok(isEven(steps(placesOf(lineChart(drawing({ curves: later, logX: true }), size)).map(([x]) => x))));
});

test('negative values have a place on an even axis', () => {
  const curves = [{ name: 'a', dashed: false, points: [[-1, -5] as const, [1, 5] as const] }];
  const svg = lineChart(drawing({ curves }), size);
  assert.not.match(svg, /NaN|Infinity/);
  assert.match(svg, />-4</);
  assert.not.match(lineText(drawing({ curves }), { width: 60, height: 8, color: false }), /NaN/);
});

test('title, labels and names are there, safe, in both forms', () => {
  const wild = '<i>\u001b&';
  const curves = [{ name: wild, dashed: false, points }];
  const all = drawing({ curves, title: wild, xLabel: wild, yLabel: wild });
  const svg = lineChart(all, size);
  assert.is(svg.match(/>&lt;i&gt; &amp;</g)?.length, 4);
  assert.not.ok(svg.includes('<i>') || svg.includes('\u001b'));
  const text = lineText(all, { width: 60, height: 8, color: false });
  assert.is(text.match(/<i> &/g)?.length, 4);
  assert.not.ok(text.includes('\u001b'));
});

test('a chart without a point says so', () => {
  const curves = [{ name: 'a', dashed: false, points: [] }];
  assert.match(lineChart(drawing({ curves }), size), /no point to draw/);
  assert.match(lineText(drawing({ curves }), { width: 60, height: 8, color: true }), /no point to draw/);
});

test('colours of light and dark are inside', () => {
  assert.match(lineChart(drawing(), size), /\.line-chart \.paper\{fill:#fff\}.*@media \(prefers-color-scheme:dark\)/);
});

test('a band lies around its curve, and the axis has room for it', () => {
  const spread = points.map(([, y]) => [y / 4, y * 4] as const);
  const svg = lineChart(drawing({ curves: [{ name: 'a', dashed: false, points, spread }], logY: true }), size);
  const [, band] = /<path class="d0" fill-opacity="0.18" d="M([^"]*)z"/.exec(svg)!;
  const edge = band!.split('L').map((at) => at.split(' ').map(Number) as [number, number]);
  assert.is(edge.length, 10);
  for (const [i, [x, y]] of placesOf(svg).entries()) {
    const [high, low] = [edge[i]!, edge[9 - i]!];
    assert.is(high[0], x);
    assert.is(low[0], x);
    // Factors of 4 both ways.
    assert.ok(high[1] < y && Math.abs(low[1] - y - (y - high[1])) < 0.3, `${high[1]}, ${y}, ${low[1]}`);
  }
  assert.ok(Math.min(...edge.map(([, y]) => y)) > 54);
  assert.not.match(lineChart(drawing(), size), /fill-opacity/);
});

test('points that are bounds are hollow and say so', () => {
  const hollow = [false, false, false, true, true];
  const svg = lineChart(drawing({ curves: [{ name: 'a', dashed: false, points, hollow }] }), size);
  assert.is(svg.match(/class="c0 hollow"/g)?.length, 2);
  assert.match(svg, '<title>a: at most 16 at 4 layer</title>');
  assert.match(svg, '<title>a: 4 at 2 layer</title>');
});

test('a logarithmic axis over three hundred decades has names', () => {
  const steep = [0, 1, 2].map((x) => [x, 10 ** (-150 * x)] as const);
  const svg = lineChart(drawing({ curves: [{ name: 'a', dashed: false, points: steep }], logY: true }), size);
  assert.ok(svg.match(/>1e-\d+</g)!.length >= 3);
  assert.not.match(svg, /NaN|Infinity/);
});

test('an axis that counts names whole numbers only', () => {
  const few = [{ name: 'a', dashed: false, points: points.slice(0, 3) }];
  assert.match(lineChart(drawing({ curves: few }), size), />0\.2</);
  const svg = lineChart(drawing({ curves: few, wholeX: true, logY: true }), size);
  const named = [...svg.matchAll(/text-anchor="middle">([\d.]+)</g)].map(([, text]) => text);
  assert.equal(named, ['0', '1', '2']);
});

test.run();
