/** All pictures as a browser shows them: they are XML, no texts overlap, and none leaves the picture. */
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionIn, attentionSvg, certificateSvg, certify, groups } from '../../src/index.js';
import { images, lifting, network } from './pictured.js';

const browserTest = browserWanted ? test : test.skip;

/** Runs in the page: whether it is XML; which of its texts overlap, or leave the picture; and how many pixels are drawn. */
const look = `async (svg) => {
  const parsed = new DOMParser().parseFromString(svg, 'image/svg+xml');
  document.body.innerHTML = svg;
  const { width, height } = document.querySelector('svg').viewBox.baseVal;
  const boxes = [...document.querySelectorAll('text')].map((element) => [element.lastChild.textContent, element.getBBox()]);
  const apart = (a, b) => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  const overlapping = boxes.flatMap(([text, a], i) => boxes.slice(i + 1).filter(([, b]) => !apart(a, b)).map(([other]) => [text, other]));
  const outside = boxes.filter(([, b]) => b.x < 0 || b.y < 0 || b.x + b.width > width || b.y + b.height > height).map(([text]) => text);
  const image = new Image();
  image.src = 'data:image/svg+xml,' + encodeURIComponent(svg);
  await image.decode();
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  let drawn = 0;
  for (let i = 0; i < data.length; i += 4) if ([0, 1, 2].some((c) => Math.abs(data[i + c] - data[c]) > 40)) drawn++;
  return { isXml: parsed.querySelector('parsererror') === null, overlapping, outside, drawn };
}`;

interface Seen {
  readonly isXml: boolean;
  readonly overlapping: readonly (readonly string[])[];
  readonly outside: readonly string[];
  readonly drawn: number;
}

browserTest('a browser takes them for XML, in light and dark, and no texts overlap', async () => {
  const all = images(8);
  const net = network();
  const broken = network({ encoding: 'paper2021', group: 'p4m' });
  const { layer, input } = attentionIn(net, 'blocks.0.0');
  const pixel = { row: 2, column: 5 };
  const [exact, wrong] = [
    await certify(net, 'p8', { shape: [8, 8, 1], samples: 1 }),
    await certify(broken, 'p4m', { shape: [8, 8, 1], samples: 1 }),
  ];
  const pictures = [
    ['attention', await attentionSvg(layer, all, pixel, { input })],
    ['narrow', await attentionSvg(layer, all, pixel, { input, width: 240 })],
    ['mirrors', await attentionSvg(lifting('p4m'), all, pixel)],
    ['sixteen elements', await attentionSvg(lifting('p8m'), all, pixel)],
    ['plain', await attentionSvg(lifting('z2'), all, pixel, { by: groups.p4 })],
    ['certificate', certificateSvg(exact)],
    ['narrow certificate', certificateSvg(exact, { width: 240 })],
    ['broken', certificateSvg(wrong)],
    ['narrow and broken', certificateSvg(wrong, { width: 240 })],
  ] as const;
  const browser = await launchChromium();
  try {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ colorScheme });
      for (const [name, svg] of pictures) {
        const seen = (await page.evaluate(`(${look})(${JSON.stringify(svg)})`)) as Seen;
        assert.ok(seen.isXml, `${name} is no XML`);
        assert.equal(seen.overlapping, [], `${name}: texts that overlap`);
        assert.equal(seen.outside, [], `${name}: texts that leave the picture`);
        assert.ok(seen.drawn > 1000, `${name}: ${seen.drawn} pixels drawn`);
      }
    }
  } finally {
    await browser.close();
  }
});

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();
