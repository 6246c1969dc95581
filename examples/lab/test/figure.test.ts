import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chart, pictures, svg, table } from '../src/figure.js';

const axes = { x: { label: 'x' }, y: { label: 'y' } };

test('makers keep what they are given and say its kind', () => {
  const series = [{ name: 'a', points: [[0, 1] as const] }];
  assert.equal(chart({ title: 't', ...axes, series }), { kind: 'chart', title: 't', ...axes, series });
  assert.is(table({ title: 't', head: ['a'], rows: [[1]] }).kind, 'table');
  assert.is(svg({ title: 't', svg: '<svg></svg>' }).kind, 'svg');
});

test('makers refuse what cannot be drawn, with the title', () => {
  assertThrows(() => chart({ title: 't', ...axes, series: [] }), RangeError, /chart 't': .*got none/);
  assertThrows(
    () => chart({ title: 't', ...axes, series: [{ name: 'a', points: [] }] }),
    RangeError,
    /'a' has no points/,
  );
  const item = { pixels: new Uint8Array(5), width: 2, height: 2, channels: 1 } as const;
  assertThrows(
    () => pictures({ title: 't', items: [item] }),
    RangeError,
    /item 0 says 2 x 2 with 1 channels, but has 5 values/,
  );
  assertThrows(
    () => pictures({ title: 't', items: [], columns: 0 }),
    RangeError,
    /columns must be a whole number from 1, got 0/,
  );
  assertThrows(() => table({ title: 't', head: ['a'], rows: [[1, 2]] }), RangeError, /row 0 has 2 cells, the head 1/);
  assertThrows(() => svg({ title: 't', svg: '<p>' }), RangeError, /must be one svg element/);
});

test.run();
