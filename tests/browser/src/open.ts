/** Opens a page of pages/ in Chromium with software GPUs. */
import { gpuFlags, launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';
import { bundlePage } from './bundle.js';
import { root } from './run.js';

type Browser = Awaited<ReturnType<typeof launchChromium>>;
export type Page = Awaited<ReturnType<Browser['newPage']>>;

/** Gives the page of a script, loaded, to `body`. */
export async function withPage<R>(script: string, body: (page: Page, browser: Browser) => Promise<R>): Promise<R> {
  const html = '<!doctype html><meta charset="utf-8"><title>test</title><script type="module" src="/page.js"></script>';
  const files = { '/': html, '/page.js': await bundlePage(root, `tests/browser/pages/${script}`) };
  const server = await serve(root, { isolated: true, files });
  const browser = await launchChromium(gpuFlags);
  try {
    const page = await browser.newPage();
    await page.goto(server.url);
    return await body(page, browser);
  } finally {
    await browser.close();
    server.close();
  }
}
