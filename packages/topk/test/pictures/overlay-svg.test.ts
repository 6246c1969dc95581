/** The overlay as SVG. */
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchGrid } from '../../src/patches/patch-grid.js';
import { overlaySvg } from '../../src/pictures/overlay-svg.js';
import type { OverlayInput } from '../../src/pictures/score-overlay.js';

const sample: OverlayInput = {
  image: { height: 90, width: 120, channels: 3, data: new Uint8Array(90 * 120 * 3).fill(80) },
  scores: Float32Array.from({ length: 12 }, (_, i) => i / 11),
  grid: patchGrid({ height: 90, width: 120, rows: 3, columns: 4, patchSize: 40 }),
  chosen: [5, 3],
};

const count = (text: string, part: string): number => text.split(part).length - 1;

test('a rectangle with a title for each cell, two and a number for each patch, the image as a PNG', async () => {
  const svg = await overlaySvg(sample);
  assert.is(count(svg, ': score '), 12);
  assert.match(svg, '<title>row 2, column 2: score 0.4545</title>');
  assert.is(count(svg, 'vector-effect="non-scaling-stroke"'), 4);
  assert.match(svg, '<title>patch 1: 25 to 65 across, 25 to 65 down</title>');
  assert.match(svg, '<title>patch 2: 85 to 120 across, 0 to 35 down</title>');
  assert.match(svg, 'viewBox="0 0 120 90"');
  assert.match(svg, 'href="data:image/png;base64,iVBORw0KGgo');
});

test('it tells its content without being seen', async () => {
  const svg = await overlaySvg(sample);
  assert.match(
    svg,
    /^<svg [^>]*role="img"[^>]*>\n<title>Chosen patches: 2 of 12<\/title>\n<desc>An image of 120 by 90 pixels/,
  );
});

test('labels cannot break out', async () => {
  const label = `</text><script>"&'\u0000\ud800x`;
  const svg = await overlaySvg({ ...sample, labels: [label, 'b'] });
  assert.not.match(svg, '<script');
  assert.match(svg, '&lt;/text&gt;&lt;script&gt;&quot;&amp;&#39;  x');
});

test('grids with very many cells are painted into the image', async () => {
  const [height, width] = [130, 130];
  const image = { height, width, channels: 1, data: new Uint8Array(height * width) };
  const grid = patchGrid({ height, width, rows: 130, columns: 130, patchSize: 9 });
  const svg = await overlaySvg({ image, grid, scores: new Float32Array(130 * 130), chosen: [0] });
  assert.is(count(svg, '<rect'), 3);
});

test('bad options are refused', async () => {
  await assertRejects(
    () => overlaySvg({ ...sample, chosen: [-1] }),
    Error,
    /overlaySvg: chosen cells must be in \[0, 12\), got -1/,
  );
});

test.run();
