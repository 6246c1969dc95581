/** Charts of losses: what is drawn, what is left out, texts of callers, what is refused. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lossChart } from '../src/pictures/loss-chart.js';
import { lossPage } from '../src/pictures/loss-page.js';
import type { LossPoint, LossSeries } from '../src/pictures/loss-series.js';
import { lossText } from '../src/pictures/loss-text.js';

const run = (count: number, bits = 64): LossPoint[] =>
  Array.from({ length: count }, (_, step) => ({
    step,
    bits: step * bits,
    bytes: step * 20,
    loss: 0.1 + 1 / (1 + step),
  }));
const series = [
  { name: 'top-1', points: run(12) },
  { name: 'SGD', points: run(400, 32_000) },
  { name: 'bound', dashed: true, points: run(12) },
];

const paths = (svg: string): RegExpMatchArray[] => [...svg.matchAll(/<path class="c(\d)"([^>]*) d="M([^"h]*)">/g)];
const labels = (svg: string): string[] =>
  [...svg.matchAll(/<text class="soft"[^>]*>([^<]*)</g)].map(([, text]) => text!);

/** Elements that are closed in the order in which they were opened: enough to be read as XML. */
function assertWellFormed(text: string): void {
  const open: string[] = [];
  for (const [, slash, name, rest] of text.matchAll(/<(\/?)([a-z]+)((?:[^<>"]|"[^"<>]*")*)>/gi)) {
    if (slash === '/') assert.is(open.pop(), name);
    else if (!rest!.endsWith('/')) open.push(name!);
  }
  assert.equal(open, []);
  assert.not.match(text.replaceAll(/<[^<>]*>/g, ''), /[<>]/);
}

test('a line for each of the series, bounds dashed, few points marked with their values', () => {
  const svg = lossChart({ series, title: 'a run' });
  assertWellFormed(svg);
  const lines = paths(svg);
  assert.equal(
    lines.map(([, color]) => color),
    ['0', '1', '5'],
  );
  assert.equal(
    lines.map(([, , rest]) => /stroke-dasharray/.test(rest!)),
    [false, false, true],
  );
  // The point at 0 bits has no place on a logarithmic axis.
  assert.is(svg.match(/<circle/g)?.length, 11);
  assert.match(svg, /<title>top-1: 0.6 at 64 bits sent<\/title>/);
  assert.match(svg, /aria-label="a run: loss by bits sent, for top-1, SGD, bound"/);
  for (const text of ['a run', 'top-1', 'SGD', 'bound', 'loss', 'bits sent', '1 k']) {
    assert.ok(svg.includes(`>${text}</text>`), text);
  }
});

test('colours for light and for dark are inside', () => {
  const svg = lossChart({ series });
  assert.match(svg, /@media \(prefers-color-scheme:dark\)\{\.line-chart \.paper\{fill:#141619\}/);
  assert.not.match(svg, /href|url\(|<script/);
});

test('bits, bytes and steps', () => {
  const start = (x: 'bits' | 'bytes' | 'steps'): string => lossChart({ series, x });
  assert.ok(labels(start('bits')).includes('bits sent'));
  assert.ok(labels(start('bytes')).includes('bytes sent'));
  assert.ok(labels(start('steps')).includes('steps'));
  assert.match(start('steps'), /top-1: 0.6 at 1 steps/);
  assert.match(lossChart({ series, y: 'memory' }), /aria-label="memory against bits: memory by/);
});

test('losses that span much have a logarithmic axis, unless told otherwise', () => {
  const wide = [{ name: 'a', points: [0.1, 1, 10, 1000].map((loss, i) => ({ bits: i + 1, loss })) }];
  const middle = (options: object): number => {
    const heights = paths(lossChart({ series: wide, ...options }))[0]![3]!
      .split('L')
      .map((at) => Number(at.split(' ')[1]));
    return (heights[0]! - heights[1]!) / (heights[0]! - heights[3]!);
  };
  assert.ok(Math.abs(middle({}) - 0.25) < 0.01);
  assert.ok(middle({ logY: false }) < 0.01);
});

test('what cannot be drawn is left out; without points a chart says so', () => {
  const points = [
    { bits: 1, loss: 1 },
    { bits: 2, loss: Number.NaN },
    { bits: 3, loss: Number.POSITIVE_INFINITY },
    { loss: 3 },
    { bits: Number.NaN, loss: 3 },
    { bits: 9, loss: 0.5 },
  ];
  const svg = lossChart({ series: [{ name: 'a', points }] });
  assert.is(paths(svg)[0]![3]!.split('L').length, 2);
  assert.not.match(svg, /NaN|Infinity|undefined/);
  const empty = lossChart({ series: [{ name: 'a', points: [] }] });
  assertWellFormed(empty);
  assert.match(empty, /no point to draw/);
});

test('of many points those stay that shape the line', () => {
  const points = Array.from({ length: 20_000 }, (_, i) => ({
    bits: i + 1,
    loss: i === 15_000 ? 3 : 1 + (i % 7) / 100,
  }));
  const svg = lossChart({ series: [{ name: 'a', points }] });
  assert.ok(paths(svg)[0]![3]!.split('L').length < 4 * 800);
  const heights = paths(svg)[0]![3]!
    .split('L')
    .map((at) => Number(at.split(' ')[1]));
  assert.is(heights.filter((y) => y < Math.min(...heights) + 1).length, 1);
});

test('names of many series take more rows and leave the plot its size', () => {
  const many = Array.from({ length: 20 }, (_, i) => ({ name: `a rather long name, number ${i}`, points: run(5) }));
  const height = (svg: string): number => Number(/height="(\d+)"/.exec(svg)![1]);
  assert.is(height(lossChart({ series })), 420);
  assert.ok(height(lossChart({ series: many })) > 500);
  assert.ok(new Set(paths(lossChart({ series: many })).map(([, color, rest]) => color + rest!)).size > 12);
});

test('texts of callers stay texts', () => {
  const [bell, start] = ['\u0007', '\u001b'];
  const name = `</text><script>"x"&${bell}${start}[2J`;
  const all = { series: [{ name, points: run(3) }], title: name, y: name };
  assertWellFormed(lossChart(all));
  for (const text of [lossChart(all), lossPage(all)]) {
    for (const part of ['<script', bell, start]) assert.not.ok(text.includes(part));
    assert.match(text, /&lt;\/text&gt;&lt;script&gt;&quot;x&quot;&amp; {2}\[2J/);
  }
  for (const part of [bell, start]) assert.not.ok(lossText(all).includes(part));
});

test('a page has the chart for wide and narrow screens, and what each run came to', () => {
  const page = lossPage({ series, title: 'a run' });
  assertWellFormed(page.replace('<!doctype html>', '').replaceAll(/<meta[^>]*>|<style>[^<]*<\/style>/g, ''));
  assert.is(page.match(/<svg/g)?.length, 2);
  assert.match(page, /<title>a run<\/title>/);
  assert.match(
    page,
    /<tr><th scope="row">top-1<\/th><td>0.18333<\/td><td>0.18333<\/td><td>11<\/td><td>704<\/td><td>220<\/td><\/tr>/,
  );
  assert.not.match(page, /http-equiv/);
  assert.match(lossPage({ series, refresh: 5 }), /<meta http-equiv="refresh" content="5">/);
  const diverged = [
    {
      name: 'a',
      points: [
        { bits: 1, loss: 2 },
        { bits: 2, loss: Number.NaN },
      ],
    },
  ];
  assert.match(lossPage({ series: diverged }), /<td>NaN<\/td><td>2<\/td><td><\/td><td>2<\/td>/);
  const holes = [
    { name: 'a', points: [null, { bits: 2, loss: 3 }, undefined, { bits: 4, loss: null }, null] },
  ] as never;
  assert.match(lossPage({ series: holes }), />a<\/th><td><\/td><td>3<\/td><td><\/td><td>4<\/td>/);
  assert.match(lossPage({ series: [{ name: 'none', points: [] }] }), /none<\/th><td><\/td>/);
});

test('options that do not fit are refused', () => {
  const bad = (change: object) => () => lossChart({ series, ...change } as never);
  for (const [call, message] of [
    [bad({ series: [] }), /lossChart: series must be an array of at least one { name, points }, got \[\]/],
    [bad({ series: undefined }), /series must be/],
    [bad({ series: [{ name: 'a' }] }), /each of the series must be { name, points }, got an object/],
    [bad({ series: [null] }), /each of the series/],
    [bad({ x: 'time' }), /x must be one of bits, bytes, steps, got "time"/],
    [bad({ x: 'constructor' }), /x must be one of/],
    [bad({ width: 100 }), /width must be a whole number from 240/],
    [bad({ height: 420.5 }), /height must be a whole number from 200/],
    [bad({ colour: 1 }), /no option 'colour'/],
    [() => lossPage({ series, refresh: 0 }), /lossPage: refresh must be a whole number from 1/],
    [() => lossPage({ series, width: 3 } as never), /lossPage: no option 'width'/],
    [() => lossPage({ series: 3 } as never), /lossPage: series/],
  ] as const) {
    assertThrows(call, OptionError, message);
  }
});

test('any points give a drawing without a number that is none', () => {
  const value = fc.oneof(fc.double(), fc.double({ min: 0, max: 1e6 }), fc.constant(0));
  const point = fc.record({ bits: value, loss: value });
  const one = fc.record({ name: fc.string(), points: fc.array(point, { maxLength: 30 }), dashed: fc.boolean() });
  fc.assert(
    fc.property(fc.array(one, { minLength: 1, maxLength: 4 }), fc.boolean(), (all: LossSeries[], logY) => {
      const named = all.map((each, i) => ({ ...each, name: `s${i}` }));
      assert.not.match(lossChart({ series: named, logY }), /NaN|Infinity|undefined/);
      assert.not.match(lossText({ series: named, logY }), /NaN|Infinity|undefined/);
      assertWellFormed(lossChart({ series: all }));
    }),
    { numRuns: 60 },
  );
});

test.run();
