/** Tokens in the plane: one scale for all, steps in order, places that are not finite. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Trajectory, trajectoryChart } from '../../src/charts/trajectory-chart.js';

const around = (radius: number, steps = 9): (readonly [number, number])[] =>
  Array.from({ length: steps }, (_, i) => [radius * Math.cos(i * 0.7), radius * Math.sin(i * 0.7)] as const);

const circle: Trajectory = { name: 'with skip', tokens: [around(0.3), around(0.2)] };

/** Pixels of the path of a colour. */
const path = (svg: string, color: number): number[][] => {
  const [, d] = new RegExp(`<path class="c${color}"[^>]* d="M([^"]*)"`).exec(svg)!;
  return d!.split('L').map((at) => at.split(' ').map(Number));
};

test('a circle stays one', () => {
  const pixels = path(trajectoryChart([circle]), 0);
  assert.is(pixels.length, 9);
  const middle = [0, 1].map((i) => path(trajectoryChart([{ name: '', tokens: [[[0, 0]], around(0.3)] }]), 0)[0]![i]!);
  const radii = path(trajectoryChart([{ name: '', tokens: [[[0, 0]], around(0.3)] }]), 1).map(([x, y]) =>
    Math.hypot(x! - middle[0]!, y! - middle[1]!),
  );
  assert.ok(Math.max(...radii) - Math.min(...radii) < 0.3, String(radii));
});

test('a token begins at a ring, has a dot at each step, and ends at a disc', () => {
  const svg = trajectoryChart([circle]);
  assert.is(svg.match(/class="c0 hollow"/g)?.length, 1);
  assert.is(svg.match(/class="d0"[^>]* r="2"/g)?.length, 7);
  assert.is(svg.match(/class="d0"[^>]* r="5"/g)?.length, 1);
  assert.match(svg, '<title>token 1, step 0: (0.2, 0)</title>');
  const still = trajectoryChart([{ name: 'a', tokens: [[[1, 1]]] }]);
  assert.not.match(still, /NaN|Infinity/);
});

test('trajectories have panels of one scale, safe names and few to a row', () => {
  const svg = trajectoryChart([circle, { name: '<b>', tokens: [around(0.05)] }, circle, circle, circle]);
  assert.match(svg, '>with skip</text>');
  assert.not.ok(svg.includes('<b>'));
  const xs = (svg.match(/r="5"/g) ?? []).length;
  assert.is(xs, 2 * 2 * 4 + 2);
  const [, width] = /width="(\d+)"/.exec(svg)!;
  assert.ok(Number(width) <= 856, width);
});

test('what follows a place that is not finite is left out', () => {
  const broken: Trajectory = {
    name: 'a',
    tokens: [
      [
        [0, 0],
        [1, 1],
        [Number.POSITIVE_INFINITY, 0],
        [2, 2],
      ],
    ],
  };
  const svg = trajectoryChart([broken]);
  assert.is(path(svg, 0).length, 2);
  assert.not.match(svg, /Infinity|NaN/);
});

test('nothing to draw and options that make no sense are refused', () => {
  const message = /trajectoryChart: there must be a place to draw, got/;
  for (const none of [[], [{ name: 'a', tokens: [] }], [{ name: 'a', tokens: [[[Number.NaN, 0] as const]] }]]) {
    assertThrows(() => trajectoryChart(none), OptionError, message);
  }
  assertThrows(() => trajectoryChart([circle], { width: 1 }), OptionError, /trajectoryChart: width must be/);
  assertThrows(() => trajectoryChart([circle], { log: true } as never), OptionError, /no option 'log'/);
});

test.run();
