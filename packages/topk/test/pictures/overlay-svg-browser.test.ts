/** The overlay as SVG, as a browser shows it. */
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { patchGrid } from '../../src/patches/patch-grid.js';
import { overlaySvg } from '../../src/pictures/overlay-svg.js';

const browserTest = browserWanted ? test : test.skip;

const sample = {
  image: { height: 90, width: 120, channels: 3, data: new Uint8Array(90 * 120 * 3).fill(80) },
  scores: Float32Array.from({ length: 12 }, (_, i) => i / 11),
  grid: patchGrid({ height: 90, width: 120, rows: 3, columns: 4, patchSize: 40 }),
  chosen: [5, 3],
};

/** Runs in the page: the text as XML, and some pixels of the picture. */
const look = `async (text) => {
  const parsed = new DOMParser().parseFromString(text, 'image/svg+xml');
  const image = new Image();
  image.src = 'data:image/svg+xml,' + encodeURIComponent(text);
  await image.decode();
  const context = new OffscreenCanvas(120, 90).getContext('2d');
  context.drawImage(image, 0, 0);
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data];
  return {
    isXml: parsed.querySelector('parsererror') === null,
    labels: [...parsed.querySelectorAll('text')].map((element) => element.textContent),
    lowest: at(10, 5),
    inPatch: at(45, 45),
    outline: at(50, 25),
  };
}`;

interface Seen {
  readonly isXml: boolean;
  readonly labels: readonly string[];
  readonly lowest: readonly number[];
  readonly inPatch: readonly number[];
  readonly outline: readonly number[];
}

browserTest('a browser takes it for XML and shows scores, outlines and less of the scores in patches', async () => {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const svg = await overlaySvg({ ...sample, labels: ['<1>', 'ä & b'] }, { opacity: 1 });
    const seen = (await page.evaluate(`(${look})(${JSON.stringify(svg)})`)) as Seen;
    assert.ok(seen.isXml);
    assert.equal(seen.labels, ['ä & b', '<1>']);
    assert.equal(seen.lowest, [0x44, 0x01, 0x54, 255]);
    assert.ok(
      seen.outline.every((value) => value > 200),
      `outline ${seen.outline}`,
    );
    // A third of the colour of score 5 / 11 over the grey image.
    for (const [c, value] of [0x26, 0x81, 0x8d].entries()) {
      assert.ok(Math.abs(seen.inPatch[c]! - (80 * 2 + value) / 3) < 4, `channel ${c}: ${seen.inPatch}`);
    }
  } finally {
    await browser.close();
  }
});

test.run();
