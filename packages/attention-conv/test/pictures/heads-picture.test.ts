/** The heat maps of heads. */
import { memory, OptionError, Rng } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  convToAttention,
  drawHeads,
  GatedPositionalAttention,
  headsSvg,
  LearnedRelativeAttention,
  QuadraticAttention,
} from '../../src/index.js';
import { recordingCanvas } from './recording-canvas.js';

const count = (text: string, part: string): number => text.split(part).length - 1;
const ones = (...shape: number[]): number[][][] =>
  shape.reduceRight<unknown>((inner, extent) => Array.from({ length: extent }, () => inner), 1) as number[][][];
const rng = new Rng(1);
const sobel = convToAttention({ weight: ones(1, 1, 3, 3) as never, padding: 1 }).layer;

test('each head has its status, its largest weight and where that lies, and a cell for each offset', () => {
  const svg = headsSvg(sobel, { radius: 2 });
  for (let head = 0; head < 9; head++) assert.match(svg, `head ${head}: shift`);
  assert.match(svg, '>1.00 at (−1, 1)<');
  assert.is(count(svg, '<rect x='), 9 * 25);
  assert.is(count(svg, ': 1</title>'), 9);
  assert.match(svg, '<title>(−1, −1): 1</title>');
});

test('the cell of the largest weight is opaque, the others are as opaque as their share of it', () => {
  const layer = new QuadraticAttention({ inputs: 1, heads: 1, centerDeviation: 0, spreadDeviation: 0, rng });
  const svg = headsSvg(layer, { radius: 1 });
  const opacity = (offset: string): number =>
    Number(new RegExp(`fill-opacity="([\\d.]+)"><title>\\(${offset}\\):`).exec(svg)?.[1]);
  assert.is(opacity('0, 0'), 1);
  assert.is(opacity('0, 1'), 0.61);
  assert.is(opacity('−1, 1'), 0.37);
});

test('the query is marked where offset 0 is', () => {
  const svg = headsSvg(sobel, { radius: 2, columns: 1 });
  // 33 pixels a cell are cut to 24; the first map begins at x 44.
  assert.match(svg, /class="line s-ink" stroke-width="1.5" d="M92 \d+L116 \d+/);
});

test('signals have one row, volumes the slice with the largest weight', () => {
  const signal = headsSvg(convToAttention({ weight: ones(1, 1, 3), padding: 1 }).layer);
  assert.is(count(signal, '<rect x='), 3 * 9);
  assert.match(signal, '>1.00 at −1<');
  const volume = headsSvg(convToAttention({ weight: ones(1, 1, 2, 2, 2) as never, padding: 1 }).layer, { radius: 1 });
  assert.is(count(volume, '<rect x='), 8 * 9);
  assert.match(volume, '<title>(−1, 0, −1): 1</title>');
  assert.match(volume, '>1.00 at (0, −1, 0)<');
});

test('learned and gated layers are shown too, gated ones with their gate', () => {
  assert.match(headsSvg(new LearnedRelativeAttention({ inputs: 4, heads: 2, rng })), 'head 1: ');
  assert.match(headsSvg(new GatedPositionalAttention({ channels: 4, heads: 4, rng })), ', gate 0.73<');
});

test('colours are there for light and for dark, and only for these pictures', () => {
  const style = /<style>(.*?)<\/style>/s.exec(headsSvg(sobel))?.[1] ?? '';
  const [light, dark] = style.split('@media (prefers-color-scheme:dark)');
  for (const part of [light, dark]) assert.match(part ?? '', '.attention-picture .f-ink{fill:#');
  assert.is(
    style.split('}').some((rule) => /^[^@{]+\{/.test(rule) && !rule.includes('.attention-picture')),
    false,
  );
});

test('titles cannot break out', () => {
  const svg = headsSvg(sobel, { title: '<script>"&' });
  assert.not.match(svg, '<script');
  assert.match(svg, '&lt;script&gt;&quot;&amp;');
});

test('many cells do not tell their weights, and files stay small', () => {
  const layer = new QuadraticAttention({ inputs: 1, heads: 9, rng });
  const svg = headsSvg(layer, { radius: 32 });
  assert.is(count(svg, '<rect x='), 0);
  assert.ok(svg.length < 1_000_000, `${svg.length} characters`);
});

test('a layer without heads says so', () => {
  assert.match(headsSvg(new QuadraticAttention({ inputs: 1, heads: 0, rng })), 'no heads');
});

test('bad options are refused, as are layers that look at content', () => {
  assertThrows(() => headsSvg(sobel, { radius: 33 }), OptionError, /headsSvg: radius must be .*32.*, got 33/);
  assertThrows(() => headsSvg(sobel, { radius: 1.5 }), OptionError, /headsSvg: radius/);
  assertThrows(() => headsSvg(sobel, { columns: 0 }), OptionError, /headsSvg: columns/);
  assertThrows(() => headsSvg(sobel, { radios: 1 } as never), OptionError, /headsSvg: .*radios/);
  const content = new LearnedRelativeAttention({ inputs: 4, heads: 2, scores: 'content', rng });
  assertThrows(() => headsSvg(content), OptionError, /depend on the image/);
});

test('a canvas gets the size of the picture at its scale, and its texts', () => {
  const canvas = recordingCanvas();
  drawHeads(canvas.canvas, sobel, { radius: 1, scale: 2, dark: true });
  const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(headsSvg(sobel, { radius: 1 })) ?? [];
  assert.equal([canvas.canvas.width, canvas.canvas.height], [2 * Number(width), 2 * Number(height)]);
  const texts = canvas.calls.filter(([name]) => name === 'fillText').map(([, text]) => text);
  assert.ok(texts.includes('head 8: shift'), String(texts));
  assert.ok(canvas.calls.some(([name, value]) => name === 'fillStyle' && value === '#141619'));
});

test('what is no canvas is refused, as are scales and themes that are none', () => {
  const { canvas } = recordingCanvas();
  assertThrows(
    () => drawHeads({ getContext: () => null } as never, sobel),
    OptionError,
    /drawHeads: expected a canvas/,
  );
  assertThrows(() => drawHeads(canvas, sobel, { scale: 0 }), OptionError, /drawHeads: scale/);
  assertThrows(() => drawHeads(canvas, sobel, { dark: 'yes' as never }), OptionError, /drawHeads: dark/);
});

test('nothing leaks', () => {
  const learned = new LearnedRelativeAttention({ inputs: 4, heads: 2, rng });
  const before = memory().tensors;
  headsSvg(sobel);
  headsSvg(learned);
  assertThrows(() => headsSvg(sobel, { columns: 0 }), OptionError, /columns/);
  drawHeads(recordingCanvas().canvas, sobel);
  assert.is(memory().tensors, before);
});

test.run();
