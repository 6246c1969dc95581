/** The page in headless Chromium: large images dropped and chosen, and what it makes of files that are none. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';
import { megapixelDigitsImage } from '@saccade/topk';
import { encode } from 'fast-png';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPage } from '../page/command/build-page.js';

const test = suite('page');
const browserTest = browserWanted ? test : test.skip;
const root = fileURLToPath(new URL('..', import.meta.url));
const ownSelector = new URL('../data/needle-digits.safetensors', import.meta.url);

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

interface Digit {
  readonly y: number;
  readonly x: number;
  readonly side: number;
  readonly label: number;
}

interface Square {
  readonly side: number;
  readonly pixels: Uint8Array;
  readonly digit: Digit;
}

/** A test image of the generator: one digit of 16 x 16. */
function needle(side: number, index: number): Square {
  const image = megapixelDigitsImage({ seed: 7, split: 'test', height: side, width: side }, index);
  const [{ y, x, number: label }] = image.objects as [(typeof image.objects)[number]];
  return { side, pixels: image.pixels(), digit: { y, x, side: 16, label } };
}

/** The image with every pixel repeated. */
function enlarged({ side, pixels, digit }: Square, times: number): Square {
  const large = new Uint8Array((side * times) ** 2);
  for (let y = 0, at = 0; y < side * times; y++) {
    for (let x = 0; x < side; x++, at += times) large.fill(pixels[Math.floor(y / times) * side + x]!, at, at + times);
  }
  const { y, x, label } = digit;
  return { side: side * times, pixels: large, digit: { y: y * times, x: x * times, side: digit.side * times, label } };
}

function png({ side, pixels }: Square): Buffer {
  return Buffer.from(encode({ width: side, height: side, channels: 1, depth: 8, data: pixels }));
}

/** Drops a file onto the page, in another format if one is named. */
async function drop(page: Page, name: string, bytes: Buffer, format?: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    async ({ name, base64, format }) => {
      let blob = await (await fetch(`data:image/png;base64,${base64}`)).blob();
      if (format !== undefined) {
        const bitmap = await createImageBitmap(blob);
        const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
        canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
        blob = await canvas.convertToBlob({ type: format, quality: 0.9 });
      }
      const transfer = new DataTransfer();
      transfer.items.add(new File([blob], name));
      return transfer;
    },
    { name, base64: bytes.toString('base64'), format },
  );
  await page.dispatchEvent('#drop', 'drop', { dataTransfer: transfer });
}

/** What the page shows in the end. */
async function result(page: Page) {
  await page.locator('#result').waitFor({ timeout: 60_000 });
  return await page.evaluate(() => ({
    boxes: [...document.querySelectorAll<HTMLElement>('#patches figure')].map(({ dataset }) => ({
      top: Number(dataset.top),
      left: Number(dataset.left),
      bottom: Number(dataset.bottom),
      right: Number(dataset.right),
    })),
    outlines: document.querySelectorAll('#boxes li').length,
    best: document.querySelector('#classes li span')?.textContent,
    status: document.querySelector('#status')?.textContent,
    /** How many colours there are in the canvas of each patch, and in the large one. */
    colors: [...document.querySelectorAll('canvas')].map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    }),
    cost: document.querySelector('#cost')?.textContent ?? '',
  }));
}

type Result = Awaited<ReturnType<typeof result>>;

function assertFound({ boxes, outlines, best, colors }: Result, { y, x, side, label }: Digit): void {
  assert.is(boxes.length, 2);
  assert.is(outlines, 2);
  const found = boxes.findIndex(
    ({ top, left, bottom, right }) =>
      top <= y + side / 2 && left <= x + side / 2 && bottom > y + side / 2 && right > x + side / 2,
  );
  assert.ok(found >= 0, `the digit at row ${y}, column ${x} is in none of ${JSON.stringify(boxes)}`);
  assert.is(best, String(label));
  assert.ok(colors[0]! > 3, 'the image and its scores are drawn');
  assert.ok(colors[1 + found]! > 3, 'the patch with the digit is drawn');
}

/** Runs `visit` on the page; it must ask for nothing but itself, and log no error. */
async function onPage(visit: (page: Page) => Promise<void>): Promise<void> {
  const server = await serve(root, { isolated: true, files: { '/': await buildPage() } });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const [requests, errors] = [[] as string[], [] as string[]];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.url);
    await page.getByText('Ready.').waitFor();
    await visit(page);
    assert.equal(
      requests.filter((url) => !/^(data|blob):/.test(url)),
      [server.url],
    );
    assert.equal(errors, []);
  } finally {
    await browser.close();
    server.close();
  }
}

browserTest('a large PNG that is chosen or dropped shows its patches, the digit among them, and the class', () =>
  onPage(async (page) => {
    const far = needle(4000, 0);
    await page.setInputFiles('#file', { name: 'far.png', mimeType: 'image/png', buffer: png(far) });
    const chosen = await result(page);
    assertFound(chosen, far.digit);
    assert.match(chosen.status!, /^far\.png: the selector says/);
    assert.match(chosen.cost, /4000 × 4000/);

    const near = enlarged(needle(96, 0), 42);
    await page.getByLabel(/made small/).check();
    await page.getByText('far.png: the selector says').waitFor();
    await drop(page, 'near.png', png(near));
    await page.getByText('near.png: the selector says').waitFor();
    assertFound(await result(page), near.digit);

    await drop(page, 'near.webp', png(near), 'image/webp');
    await page.getByText('near.webp: the selector says').waitFor();
    assertFound(await result(page), near.digit);
  }),
);

browserTest('the examples of the page are read, on a phone too, and the scores can be made transparent', () =>
  onPage(async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const name of ['Digit in 96', 'Enlarged to', 'Digit of 16']) {
      await page.getByRole('button', { name }).click();
      await page.getByText(/the selector says \d; it shows \d/).waitFor();
      const { boxes, colors } = await result(page);
      assert.is(boxes.length, 2);
      assert.ok(colors[0]! > 3);
      assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    }
    const isGrey = (): Promise<boolean> =>
      page.evaluate(() => {
        const canvas = document.querySelector<HTMLCanvasElement>('#overlay')!;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
        return data.every((value, i) => i % 4 === 3 || value === data[i - (i % 4)]);
      });
    assert.is(await isGrey(), false);
    await page.getByLabel('Scores over the image').fill('0');
    assert.is(await isGrey(), true);
  }),
);

browserTest(
  'files that are no image and no selector are refused by name, a selector looks, and a run can be stopped',
  () =>
    onPage(async (page) => {
      const alert = page.getByRole('alert');
      await drop(page, 'notes.txt', Buffer.from('no image'));
      await page.getByText(/notes\.txt cannot be looked at: .*cannot decode/).waitFor();
      await drop(page, 'other.safetensors', Buffer.from('no selector'));
      await page.getByText(/other\.safetensors is not a selector that this page can use/).waitFor();
      await drop(
        page,
        'tiny.png',
        png({ side: 4, pixels: new Uint8Array(16), digit: { y: 0, x: 0, side: 1, label: 0 } }),
      );
      await page.getByText(/tiny\.png cannot be looked at: /).waitFor();
      await drop(page, 'mine.safetensors', readFileSync(ownSelector));
      await page.getByText(/Selector: mine\.safetensors\. It looks at 2 patches/).waitFor();
      // From within the page, as soon as there is something to stop: a click from here may come when all is done.
      await page.evaluate(() => {
        const running = document.getElementById('running')!;
        new MutationObserver((_, observer) => {
          if (running.hidden) return;
          observer.disconnect();
          running.querySelector('button')!.click();
        }).observe(running, { attributes: true });
      });
      await page.getByRole('button', { name: 'Digit of 16' }).click();
      await page.getByText('Stopped.').waitFor();
      const small = needle(96, 0);
      await drop(page, 'small.png', png(small));
      assertFound(await result(page), small.digit);
      assert.is(await alert.isVisible(), false);
    }),
);

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();
