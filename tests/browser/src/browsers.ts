/** The browsers that tests run in: each opens an address and gives a way to end it. */
import { gpuFlags, launchChromium } from '@saccade/testing/chromium';
import { findFirefox, openFirefox } from '@saccade/testing/firefox';

export type BrowserName = 'Chromium' | 'Firefox';

/** A page that tells nothing for so many milliseconds hangs. On busy machines one test can take minutes. */
export const SILENCE = 600_000;

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
  try {
    const page = await browser.newPage();
    page.on('crash', () => onFailure(new Error('the page crashed')));
    page.on('pageerror', onFailure);
    await page.goto(url, { timeout: SILENCE });
  } catch (error) {
    // A page without its server would fail for as long as it runs.
    await browser.close();
    throw error;
  }
  return () => browser.close();
}
