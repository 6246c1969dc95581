/** The live chart of the monitor: layers, the floor, other signals, before the first look. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { monitorChart } from '../../src/charts/monitor-chart.js';
import { rankMonitor } from '../../src/monitor/rank-monitor.js';
import type { RankReport } from '../../src/monitor/report.js';
import { attentionStack } from '../monitor/attention-stack.js';

async function watched(layers: number, skip: boolean, looks = 3): Promise<readonly RankReport[]> {
  const monitor = rankMonitor({
    states: () => attentionStack({ layers, skip, batch: 1, seed: monitor.history.length + 1 }),
  });
  for (let i = 0; i < looks; i++) await monitor.check(50 * i);
  return monitor.history;
}

const namesIn = (svg: string): string[] =>
  [...svg.matchAll(/>((?:layer \d+|input|floor of rounding))<\/text>/g)].map(([, name]) => name!);

test('a curve for each layer, the last first, and the floor', async () => {
  const svg = monitorChart(await watched(3, true));
  assert.equal(namesIn(svg), ['layer 3', 'layer 2', 'layer 1', 'input', 'floor of rounding']);
  assert.match(svg, '>After step 100: ok</text>');
  assert.not.match(svg, 'hollow"');
});

test('ratios at the floor are hollow', async () => {
  const svg = monitorChart(await watched(4, false));
  assert.match(svg, '>After step 100: collapsed</text>');
  assert.ok(svg.match(/c0 hollow"/g)!.length === 3);
  assert.match(svg, /hollow: rounding/);
});

test('of many layers some are shown, with the last', async () => {
  const names = namesIn(monitorChart(await watched(25, true, 1)));
  assert.is(names[0], 'layer 25');
  assert.ok(names.length <= 13, String(names));
});

test('other signals have axes of their own, and layers without them no curve', async () => {
  const history = await watched(2, true);
  const svg = monitorChart(history, { signal: 'relativeEntropy', title: 'Entropy' });
  assert.equal(namesIn(svg), ['layer 2', 'layer 1']);
  assert.match(svg, '>entropy of attention / log tokens</text>');
  assert.match(monitorChart(history, { signal: 'gradientRatio' }), 'no point to draw');
});

test('before the first look, and bad options', () => {
  assert.match(monitorChart([]), 'no point to draw');
  assert.match(monitorChart([]), 'The monitor has not looked yet');
  assertThrows(
    () => monitorChart([], { signal: 'rank' as never }),
    OptionError,
    /monitorChart: signal must be one of ratio, cosine/,
  );
  assertThrows(() => monitorChart([], { layers: 3 } as never), OptionError, /monitorChart: no option 'layers'/);
});

test.run();
