/** All pictures as a browser shows them: the SVG is one, and the canvas shows the same. */
import { Rng } from '@saccade/tensor';
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  attentionSvg,
  contoursSvg,
  convToAttention,
  drawAttention,
  drawContours,
  drawHeads,
  headsSvg,
  QuadraticAttention,
} from '../../src/index.js';
import { recordingCanvas } from './recording-canvas.js';

const browserTest = browserWanted ? test : test.skip;

/**
 * Runs in the page: whether it is XML; which of its texts overlap, or leave the picture; and how large the part of the pixels is that differ on a canvas on
 * which the calls are done again.
 */
const look = `async ({ svg, width, height, calls }) => {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  document.body.innerHTML = svg;
  const boxes = [...document.querySelectorAll('text')].map((element) => [element.textContent, element.getBBox()]);
  const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  const overlapping = boxes.flatMap(([text, a], i) => boxes.slice(i + 1).filter(([, b]) => !apart(a, b)).map(([other]) => [text, other]));
  const outside = boxes.filter(([, b]) => b.x < 0 || b.y < 0 || b.x + b.width > width || b.y + b.height > height).map(([text]) => text);
  const image = new Image();
  image.src = 'data:image/svg+xml,' + encodeURIComponent(svg);
  await image.decode();
  const pixels = (paint) => {
    const context = new OffscreenCanvas(width, height).getContext('2d');
    paint(context);
    return context.getImageData(0, 0, width, height).data;
  };
  const one = pixels((context) => context.drawImage(image, 0, 0));
  const other = pixels((context) => {
    for (const [name, ...args] of calls) {
      if (typeof context[name] === 'function') context[name](...args);
      else context[name] = args[0];
    }
  });
  let [differ, drawn] = [0, 0];
  for (let i = 0; i < one.length; i += 4) {
    if ([0, 1, 2].some((c) => Math.abs(one[i + c] - other[i + c]) > 48)) differ++;
    if ([0, 1, 2].some((c) => one[i + c] < 200)) drawn++;
  }
  return { isXml: parsed.querySelector('parsererror') === null, overlapping, outside, differ: differ / drawn, drawn };
}`;

interface Seen {
  readonly isXml: boolean;
  readonly overlapping: readonly (readonly string[])[];
  readonly outside: readonly string[];
  readonly differ: number;
  readonly drawn: number;
}

browserTest('a browser takes them for XML, no texts overlap, and the canvas shows what the SVG shows', async () => {
  const rng = new Rng(5);
  const { layer } = convToAttention({ weight: rng.normal([1, 3, 3, 3]), padding: 1 }, { alpha: 1 });
  const full = new QuadraticAttention({ inputs: 3, heads: 14, covariance: 'full', spreadDeviation: 0.3, rng });
  const line = convToAttention({ weight: rng.normal([1, 1, 5]), padding: 2 }, { alpha: 1 }).layer;
  const images = rng.uniform([1, 12, 9, 3]);
  const plain = { dark: false, scale: 1 };
  const pictures = [
    ['heads', headsSvg(full), (c) => drawHeads(c, full, plain)],
    ['contours', contoursSvg([layer, full]), (c) => drawContours(c, [layer, full], plain)],
    ['one layer', contoursSvg(full), (c) => drawContours(c, full, plain)],
    ['curves', contoursSvg(line), (c) => drawContours(c, line, plain)],
    ['on an image', await attentionSvg(layer, images, [0, 8]), (c) => drawAttention(c, layer, images, [0, 8], plain)],
  ] satisfies [string, string, (canvas: ReturnType<typeof recordingCanvas>['canvas']) => unknown][];
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ colorScheme: 'light' });
    for (const [name, svg, draw] of pictures) {
      const { canvas, calls } = recordingCanvas();
      await draw(canvas);
      const { width, height } = canvas;
      const seen = (await page.evaluate(`(${look})(${JSON.stringify({ svg, width, height, calls })})`)) as Seen;
      assert.ok(seen.isXml, `${name} is no XML`);
      assert.equal(seen.overlapping, [], `${name}: texts that overlap`);
      assert.equal(seen.outside, [], `${name}: texts that leave the picture`);
      assert.ok(seen.drawn > 1000, `${name}: ${seen.drawn} pixels drawn`);
      assert.ok(seen.differ < 0.03, `${name}: ${seen.differ} of the pixels differ`);
    }
  } finally {
    await browser.close();
  }
});

test.run();
