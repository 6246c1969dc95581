/** The page in headless Chromium: a digit is turned, drawn and opened, pixels are chosen, networks are trained and stopped. */
import { fileURLToPath } from 'node:url';
import { browserWanted, launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildPage } from '../page/command/build-page.js';

const test = suite('page');
const browserTest = browserWanted ? test : test.skip;
const root = fileURLToPath(new URL('..', import.meta.url));
const patience = { timeout: 60_000 };

type Browser = Awaited<ReturnType<typeof launchChromium>>;
type Page = Awaited<ReturnType<Browser['newPage']>>;

/** Runs `visit` on the page; it must ask for nothing but itself, and log no error. */
async function onPage(visit: (page: Page) => Promise<void>): Promise<void> {
  const server = await serve(root, { isolated: false, files: { '/': await buildPage() } });
  const browser = await launchChromium();
  try {
    const page = await browser.newPage();
    const [requests, errors] = [[] as string[], [] as string[]];
    page.on('request', (request) => requests.push(request.url()));
    page.on('console', (message) => {
      // Tensors that were forgotten are a warning.
      if (message.type() === 'error' || message.text().startsWith('saccade')) errors.push(message.text());
    });
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.url);
    await page.getByText('Ready.').waitFor(patience);
    await visit(page);
    assert.is(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, 'nothing is too wide');
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

/** Waits until cards tell that p4 did not move and the plain network did, or what else is given. */
async function moved(page: Page, p4: 'yes' | 'no', z2: 'yes' | 'no'): Promise<void> {
  await page.locator(`#p4[data-moved=${p4}]`).waitFor(patience);
  await page.locator(`#z2[data-moved=${z2}]`).waitFor(patience);
}

/** Pixels of the digit that have ink, as a number for each row. */
function inkRows(page: Page): Promise<number[]> {
  return page.locator('#stage canvas').evaluate((element) => {
    const { data } = (element as HTMLCanvasElement).getContext('2d')!.getImageData(0, 0, 8, 8);
    return Array.from({ length: 8 }, (_, y) => {
      let bits = 0;
      for (let x = 0; x < 8; x++) if (data[4 * (8 * y + x) + 3]! > 100) bits += 2 ** x;
      return bits;
    });
  });
}

browserTest('at quarter turns the logits of p4 stay and those of the plain network move; between them both move', () =>
  onPage(async (page) => {
    await moved(page, 'no', 'no');
    await page.getByRole('button', { name: 'counter-clockwise' }).click();
    await moved(page, 'no', 'yes');
    assert.is(await page.locator('#angle').textContent(), '90°');
    assert.match((await page.locator('#p4 .change').textContent())!, /rounding/);
    assert.match((await page.locator('#z2 .change').textContent())!, /^\d+ %/);
    await page.getByRole('slider').fill('40');
    await moved(page, 'yes', 'yes');
    // It snaps.
    await page.getByRole('slider').fill('-82');
    await moved(page, 'no', 'yes');
    assert.is(await page.locator('#angle').textContent(), '-90°');
    // Keys leave a quarter turn.
    await page.getByRole('slider').press('ArrowRight');
    await page.getByText('-75°', { exact: true }).waitFor(patience);
    await page.getByLabel('Snap').uncheck();
    await page.getByRole('slider').fill('-88');
    await page.getByText('-88°', { exact: true }).waitFor(patience);
    await moved(page, 'yes', 'yes');
    await page.locator('#angles svg').waitFor(patience);
  }),
);

browserTest('pixels are chosen by clicks and keys and turn with the digit, and each layer has maps', () =>
  onPage(async (page) => {
    const stage = page.getByRole('button', { name: 'The digit' });
    const { width = 0 } = (await stage.boundingBox()) ?? {};
    await stage.click({ position: { x: width * (6.5 / 8), y: width * (0.5 / 8) } });
    await page.getByText('Row 1, column 7.').waitFor(patience);
    await stage.press('ArrowDown');
    await page.getByText('Row 2, column 7.').waitFor(patience);
    await page.getByRole('button', { name: 'counter-clockwise' }).click();
    await page.getByText('Row 2, column 2.').waitFor(patience);
    const maps = page.getByRole('img', { name: 'Map of attention' });
    assert.is(await maps.count(), 5);
    await page.getByLabel('Layer').selectOption('blocks.0.1');
    await page.waitForFunction(
      () => document.querySelector<HTMLElement>('.query')?.style.getPropertyValue('--side') === '4',
    );
    await page.getByText('All four turns at once').click();
    await page.locator('#turns-z2 svg').waitFor(patience);
    assert.match((await page.locator('#turns-p4').textContent())!, /has turned with the image/);
    assert.match((await page.locator('#turns-z2').textContent())!, /≠ A/);
  }),
);

browserTest('on a phone, in the dark: accuracies of p4 are equal, and certificates tell why', () =>
  onPage(async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.locator('#accuracy tr:nth-child(2) td:last-child', { hasText: '%' }).waitFor(patience);
    const [p4, plain] = await page
      .locator('#accuracy tbody tr')
      .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map(({ textContent }) => textContent)));
    assert.is(new Set(p4).size, 1);
    assert.is(new Set(plain).size, 4);
    assert.is(await page.locator('#verdict-p4 b').textContent(), 'exact (proved)');
    assert.match((await page.locator('#verdict-z2 b').textContent())!, /^broken at layer lifting/);
    await page.getByText('Layer by layer').click();
    await page.locator('#certificate-z2 svg').waitFor(patience);
    assert.match((await page.locator('#certificate-p4').textContent())!, /Certificate of the p4 network/);
  }),
);

browserTest('digits are chosen, drawn and opened, and what is no image is told', () =>
  onPage(async (page) => {
    const seven = await inkRows(page);
    await page.getByRole('combobox', { name: 'Digit' }).selectOption('1');
    await page.waitForFunction((before) => document.querySelector('#p4 .said')?.textContent !== before, 'Says 7.');
    assert.is.not(String(await inkRows(page)), String(seven));
    const pad = page.locator('#pad');
    await pad.scrollIntoViewIfNeeded();
    const { x = 0, y = 0, width = 0 } = (await pad.boundingBox()) ?? {};
    await page.mouse.move(x + 0.3 * width, y + 0.3 * width);
    await page.mouse.down();
    await page.mouse.move(x + 0.3 * width, y + 0.7 * width, { steps: 4 });
    await page.mouse.move(x + 0.7 * width, y + 0.7 * width, { steps: 4 });
    await page.mouse.up();
    // An L: its left column and its lowest row.
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#stage canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 8, 8);
      return data[4 * 8 * 3 + 3]! > 200 && data[4 * (8 * 3 + 6) + 3]! < 40;
    });
    assert.ok((await inkRows(page))[7]! >= 127);
    const png = await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 90;
      canvas.height = 60;
      const context = canvas.getContext('2d')!;
      context.fillRect(0, 0, 90, 60);
      context.fillStyle = 'white';
      context.fillRect(40, 10, 10, 40);
      return canvas.toDataURL().split(',')[1]!;
    });
    const buffer = Buffer.from(png, 'base64');
    await page.setInputFiles('#file', { name: 'one.png', mimeType: 'image/png', buffer });
    await page.waitForFunction(() => {
      const canvas = document.querySelector<HTMLCanvasElement>('#stage canvas')!;
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, 8, 8);
      return data[3]! < 40 && data[4 * 3 + 3]! > 200 && data[4 * (8 * 7 + 4) + 3]! > 200;
    });
    await page.setInputFiles('#file', { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no image') });
    await page.getByText('notes.txt is no image that this browser can open.').waitFor(patience);
    await page.getByRole('button', { name: 'Another' }).click();
    await page.locator('#error').waitFor({ state: 'hidden' });
  }),
);

browserTest('two more networks are trained while the digit can be turned, and training can be stopped', () =>
  onPage(async (page) => {
    const training = page.locator('#training');
    await training.getByRole('button', { name: 'Train both' }).click();
    await training.getByText(/p4 network, step \d+ of 700/).waitFor(patience);
    await page.getByRole('button', { name: 'counter-clockwise' }).click();
    await moved(page, 'no', 'yes');
    await training.getByRole('button', { name: 'Stop' }).click();
    await page.getByText('Stopped.').waitFor(patience);
    assert.is(await training.locator('.running').isHidden(), true);
    await training.getByRole('button', { name: 'Train both' }).waitFor();
    await page.getByRole('button', { name: 'A quarter turn clockwise' }).click();
    await moved(page, 'no', 'no');
  }),
);

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();
