/** The page in headless Chromium, without isolation: networks learn, are watched, and are stopped. */
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

/** Chooses a network to sort, and starts its training. */
async function train(page: Page, skips: boolean, layers: number, epochs: number): Promise<void> {
  await page.getByRole('checkbox').setChecked(skips);
  await page.getByRole('combobox').selectOption(String(layers));
  await page.getByRole('spinbutton').fill(String(epochs));
  await page.locator('#sorting').getByRole('button').click();
}

/** Titles of the charts that are shown. */
function titles(page: Page): Promise<(string | null)[]> {
  return page.locator('figure:visible svg .title').evaluateAll((all) => all.map(({ textContent }) => textContent));
}

/** Runs `visit` on the page; it must ask for nothing but itself, and log no error. */
async function onPage(visit: (page: Page) => Promise<void>): Promise<void> {
  const server = await serve(root, { isolated: false, files: { '/': await buildPage() } });
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
    await visit(page);
    assert.is(await page.getByRole('alert').count(), 0, 'no error is shown');
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

browserTest('without skips six layers are told to be collapsed before training, with skips to be well', () =>
  onPage(async (page) => {
    const sorting = page.locator('#sorting');
    await train(page, false, 6, 1);
    await sorting.getByText('Before training: collapsed: from layer 2 of 6 on').waitFor(patience);
    await sorting.getByText(/^Done: 6 layers without skips, .* after 32 steps/).waitFor(patience);
    assert.match((await sorting.locator('#verdict[role=status]').textContent()) ?? '', /^After step 32: collapsed: /);
    assert.equal(await titles(page), [
      'After step 32: collapsed',
      'Loss',
      'Accuracy',
      'What paths carry to one output',
    ]);
    await train(page, true, 6, 1);
    await sorting.getByText(/^Done: 6 layers with skips/).waitFor(patience);
    await sorting.getByText('After step 32: ok: residual ratio').waitFor(patience);
    assert.equal((await titles(page)).slice(3), ['What paths carry to one output', 'What 20 paths answer alone']);
    const compared = await page.locator('#accuracy').getByRole('img').getAttribute('aria-label');
    assert.match(compared ?? '', /6 layers without skips, 6 layers with skips/);
  }),
);

browserTest('training can be stopped, also by starting the circle, whose tokens become one without a skip', () =>
  onPage(async (page) => {
    await page.setViewportSize({ width: 360, height: 740 });
    const sorting = page.locator('#sorting');
    await train(page, true, 2, 200);
    await sorting.getByText('Before training: ok').waitFor(patience);
    await sorting.getByRole('button', { name: 'Stop' }).click();
    await sorting.getByText('Stopped.').waitFor(patience);
    await sorting.getByRole('button', { name: 'Train' }).click();
    await sorting.getByText(/step \d+ of 6400/).waitFor(patience);
    const circle = page.locator('#circle');
    await circle.getByRole('button', { name: 'Train both' }).click();
    await sorting.getByText('Stopped.').waitFor(patience);
    await circle.getByText(/^Done/).waitFor(patience);
    const said = (await circle.getByRole('status').textContent()) ?? '';
    const [without, withSkip] = [...said.matchAll(/end (\S+) apart/g)].map(([, gap]) => Number(gap)) as [
      number,
      number,
    ];
    assert.ok(without < 1e-6 && withSkip > 0.3, said);
    assert.is(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.is(await page.evaluate(() => crossOriginIsolated), false);
  }),
);

if (!browserWanted) console.log('    browser tests left out: SACCADE_NO_BROWSER=1');
test.run();
