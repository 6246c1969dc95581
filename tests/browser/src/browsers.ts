/** The browsers that tests run in: each opens an address and gives a way to end it. */
import { gpuFlags, launchChromium } from '@saccade/testing/chromium';
import { findFirefox, openFirefox } from '@saccade/testing/firefox';

export type BrowserName = 'Chromium' | 'Firefox';

/** Ends a browser. */
export type Close = () => void | Promise<void>;

/** Opens an address; undefined where there is no such browser, or it has not what is needed. */
export async function open(
  name: BrowserName,
  url: string,
  needsGpu: boolean,
  onFailure: (error: Error) => void,
): Promise<Close | undefined> {
  if (name === 'Firefox') {
    const firefox = findFirefox();
    return firefox && (firefox.xvfb || !needsGpu) ? await openFirefox(firefox, url) : undefined;
  }
  const browser = await launchChromium(gpuFlags);
  const page = await browser.newPage();
  page.on('crash', () => onFailure(new Error('the page crashed')));
  page.on('pageerror', onFailure);
  await page.goto(url);
  return () => browser.close();
}
