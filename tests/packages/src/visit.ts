/** Opens a site in headless Chromium. */
import { launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';

/** A page of a browser. */
export type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>;

/** Serves a site and gives its page to `body`; an error or warning on the page's console is a failure. */
export async function visit<R>(
  site: string,
  { isolated }: { isolated: boolean },
  body: (page: Page) => Promise<R>,
): Promise<R> {
  const server = await serve(site, { isolated });
  const browser = await launchChromium();
  const complaints: string[] = [];
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !message.location().url.endsWith('favicon.ico')) {
        complaints.push(message.text());
      }
    });
    await page.goto(server.url);
    const result = await body(page);
    if (complaints.length > 0) throw new Error('the page complains');
    return result;
  } catch (error) {
    if (complaints.length === 0) throw error;
    throw new Error(`${error}; on the page's console: ${complaints.join('; ')}`, { cause: error });
  } finally {
    await browser.close();
    server.close();
  }
}
