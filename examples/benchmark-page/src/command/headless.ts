/** Runs the page in a Chromium without a window. */
import { gpuFlags, launchChromium, realGpuFlags } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';
import type { Report } from '../bench/report.js';

export interface HeadlessOptions {
  readonly quick: boolean;
  readonly large: boolean;
  readonly only?: string | undefined;
  readonly software: boolean;
  progress(text: string): void;
}

type End = { readonly report: Report } | { readonly failure: string };

/** The address's question: start at once, and with what. */
function search({ quick, large, only }: HeadlessOptions): string {
  const asked = new URLSearchParams({ start: '' });
  if (quick) asked.set('quick', '');
  if (large) asked.set('large', '');
  if (only !== undefined) asked.set('only', only);
  return `?${asked}`;
}

/** @param site folder of the built page @throws {Error} if the run failed as a whole */
export async function runHeadless(site: string, options: HeadlessOptions): Promise<Report> {
  const server = await serve(site, { isolated: true });
  const browser = await launchChromium(options.software ? gpuFlags : realGpuFlags, { gpu: !options.software });
  try {
    const page = await browser.newPage();
    await page.exposeFunction('onProgress', options.progress);
    const end = await new Promise<End>((resolve, reject) => {
      page.on('crash', () => reject(new Error('the page crashed')));
      browser.on('disconnected', () => reject(new Error('the browser ended')));
      page.on('pageerror', (error) => options.progress(`the page says: ${error.message}`));
      page
        .exposeFunction('onEnd', resolve)
        .then(() => page.goto(server.url + search(options)))
        .catch(reject);
    });
    if ('failure' in end) throw new Error(end.failure);
    return end.report;
  } finally {
    await browser.close();
    server.close();
  }
}
