/** Centres and spreads of heads as contours. */
import { assign, memory, OptionError, Rng, tensor } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  contoursSvg,
  convToAttention,
  drawContours,
  GatedPositionalAttention,
  LearnedRelativeAttention,
  QuadraticAttention,
  UnsupportedError,
} from '../../src/index.js';
import { recordingCanvas } from './recording-canvas.js';

const rng = new Rng(1);

/** One head with this centre and this spread. */
function head(center: number[], spread: number[][]): QuadraticAttention {
  const layer = new QuadraticAttention({ inputs: 1, heads: 1, covariance: 'full', rng });
  const [centers, spreads] = [tensor([center]), tensor([spread])];
  assign(layer.centers, centers);
  assign(layer.spreads, spreads);
  centers.dispose();
  spreads.dispose();
  return layer;
}

/** The outlines of the ellipses of the heads, without the dots at their centres, the outer one first; the legend has none that tells. */
function ellipses(svg: string): { x: number; y: number; rx: number; ry: number; turn: number; tell: string }[] {
  const form =
    /<ellipse cx="([\d.-]+)" cy="([\d.-]+)" rx="([\d.]+)" ry="([\d.]+)"(?: transform="rotate\(([\d.-]+) [^"]*")? class="line [^>]*><title>([^<]*)/g;
  return [...svg.matchAll(form)]
    .map(([, x, y, rx, ry, turn, tell]) => {
      const [a, b, c, d, e] = [x, y, rx, ry, turn ?? 0].map(Number) as [number, number, number, number, number];
      return { x: a, y: b, rx: c, ry: d, turn: e, tell: tell as string };
    })
    .filter(({ rx }) => rx !== 1.5);
}

const near = (value: number | undefined, expected: number): void =>
  assert.ok(Math.abs((value ?? Number.NaN) - expected) < 0.02, `expected ${expected}, got ${value}`);

test('levels 0.1 and 0.4 of a round head are circles at the distances where its weight has fallen so far', () => {
  const svg = contoursSvg(
    head(
      [0, 0],
      [
        [1, 0],
        [0, 1],
      ],
    ),
    { radius: 4 },
  );
  const [outer, inner] = ellipses(svg);
  // 26 pixels a cell; e^(-r^2 / 2) = level.
  near(outer?.rx, 26 * Math.sqrt(2 * Math.log(10)));
  near(inner?.rx, 26 * Math.sqrt(2 * Math.log(2.5)));
  assert.is(outer?.rx, outer?.ry);
  assert.match(outer?.tell ?? '', 'head 0: centre (0, 0), deviations 1.00 and 1.00 pixels');
});

test('rows go down and columns to the right', () => {
  const [origin] = ellipses(
    contoursSvg(
      head(
        [0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      { radius: 4 },
    ),
  );
  const [moved] = ellipses(
    contoursSvg(
      head(
        [2, -1],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      { radius: 4 },
    ),
  );
  near((moved?.y ?? 0) - (origin?.y ?? 0), 52);
  near((moved?.x ?? 0) - (origin?.x ?? 0), -26);
});

test('a full covariance turns the ellipse, as its weights do', () => {
  // P = S S^T is sharp along (1, -1) / sqrt 2 and wide along (1, 1) / sqrt 2, which is down to the right: 45 degrees.
  const [sharp, wide] = [2, 0.5].map((s) => s / Math.SQRT2) as [number, number];
  const [outer] = ellipses(
    contoursSvg(
      head(
        [0, 0],
        [
          [sharp, wide],
          [-sharp, wide],
        ],
      ),
      { radius: 6 },
    ),
  );
  near(outer?.turn, 45);
  near((outer?.rx ?? 0) / (outer?.ry ?? 1), 4);
});

test('without a radius all of the heads is seen', () => {
  const svg = contoursSvg(
    head(
      [5, 0],
      [
        [1, 0],
        [0, 1],
      ],
    ),
  );
  const [outer] = ellipses(svg);
  const [top, down] = (/<svg x="[\d.]+" y="([\d.]+)" width="[\d.]+" height="([\d.]+)"/.exec(svg) ?? [])
    .slice(1)
    .map(Number);
  assert.ok((outer?.y ?? 0) + (outer?.ry ?? 0) <= (top ?? 0) + (down ?? 0));
});

test('degenerate heads and heads beyond the picture are counted, not drawn', () => {
  const flat = head(
    [0, 0],
    [
      [1, 0],
      [0, 0],
    ],
  );
  assert.match(contoursSvg(flat), '>1 head, 1 degenerate<');
  assert.is(ellipses(contoursSvg(flat)).length, 0);
  assert.match(
    contoursSvg(
      head(
        [9, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ),
      { radius: 3 },
    ),
    '>1 head, 1 beyond 3<',
  );
});

test('gated heads have circles, learned ones the mean and covariance of their weights', () => {
  const gated = new GatedPositionalAttention({ channels: 4, heads: 4, localityStrength: 2, rng });
  const circles = ellipses(contoursSvg(gated, { radius: 4 }));
  assert.is(circles.length, 8);
  near(circles[0]?.rx, 26 * Math.sqrt(Math.log(10) / 2));
  const learned = new LearnedRelativeAttention({ inputs: 4, heads: 1, rng });
  for (const t of [...learned.embeddings, ...learned.headKeys]) {
    const zeros = t.mul(0);
    assign(t, zeros);
    zeros.dispose();
  }
  const svg = contoursSvg(learned, { radius: 4 });
  // Even weights over -4 ... 4 have variance 20 / 3 along each axis.
  near(ellipses(svg)[0]?.rx, 26 * Math.sqrt((2 * Math.log(10) * 20) / 3));
  assert.match(svg, '>1 head, by mean and covariance<');
});

test('several layers stand side by side under their names', () => {
  const layers = [
    head(
      [0, 0],
      [
        [1, 0],
        [0, 1],
      ],
    ),
    head(
      [1, 1],
      [
        [1, 0],
        [0, 1],
      ],
    ),
  ];
  const svg = contoursSvg(layers, { names: ['<one>', 'two'], radius: 3 });
  assert.match(svg, '>&lt;one&gt;<');
  const [a, , b] = ellipses(svg);
  assert.ok((b?.x ?? 0) - (a?.x ?? 0) > 200);
  assert.match(contoursSvg(layers), '>layer 2<');
});

test('layers of one axis are curves of their weights', () => {
  const { layer } = convToAttention({ weight: [[[1, 2, 3]]], padding: 1 });
  const svg = contoursSvg(layer, { radius: 3 });
  assert.match(svg, '<title>head 0: 1 at −1</title>');
  assert.match(svg, '<title>head 2: 0 at −1</title>');
  assert.is(svg.split('<title>head 1: ').length - 1, 2 * 7);
});

test('a layer without heads has an empty panel', () => {
  for (const dims of [1, 2]) {
    const empty = new QuadraticAttention({ dims, inputs: 1, heads: 0, rng });
    assert.match(contoursSvg(empty), '>0 heads<');
  }
});

test('three axes, no layers, and layers of different axes are refused', () => {
  const [one, two, three] = [1, 2, 3].map((dims) => new QuadraticAttention({ dims, inputs: 1, heads: 1, rng })) as [
    QuadraticAttention,
    QuadraticAttention,
    QuadraticAttention,
  ];
  assertThrows(
    () => contoursSvg(three),
    UnsupportedError,
    /contoursSvg: draws layers of one or two axes, got 3; headsSvg/,
  );
  assertThrows(() => contoursSvg([]), OptionError, /contoursSvg: expected layers/);
  assertThrows(
    () => contoursSvg([one, two]),
    OptionError,
    /layers of as many axes each, at least one, got axes \[1,\s?2\]/,
  );
  assertThrows(() => contoursSvg(two, { names: [] }), OptionError, /1 layers need as many names, got 0/);
  assertThrows(() => contoursSvg(two, { radius: 65 }), OptionError, /contoursSvg: radius/);
  assertThrows(() => contoursSvg(two, { columns: 0 }), OptionError, /contoursSvg: columns/);
});

test('a canvas shows the same ellipses', () => {
  const layer = head(
    [2, -1],
    [
      [2, 0],
      [0, 0.5],
    ],
  );
  const { canvas, calls } = recordingCanvas();
  drawContours(canvas, layer, { radius: 4, scale: 1 });
  const [outer] = ellipses(contoursSvg(layer, { radius: 4 }));
  const drawn = calls.filter(([name, x]) => name === 'ellipse' && Math.abs(Number(x) - (outer?.x ?? 0)) < 0.02);
  assert.ok(
    drawn.some(([, , , rx]) => Math.abs(Number(rx) - (outer?.rx ?? 0)) < 0.02),
    JSON.stringify(drawn),
  );
});

test('nothing leaks', () => {
  const layer = head(
    [0, 0],
    [
      [1, 0],
      [0, 1],
    ],
  );
  const learned = new LearnedRelativeAttention({ inputs: 4, heads: 2, rng });
  const before = memory().tensors;
  contoursSvg([layer, learned]);
  drawContours(recordingCanvas().canvas, learned);
  assert.is(memory().tensors, before);
});

test.run();
