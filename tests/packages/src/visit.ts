/** Opens a site in headless Chromium. */
import { launchChromium } from '@saccade/testing/chromium';
import { serve } from '@saccade/testing/serve';

/** A page of a browser. */
export type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>;

/** The part of a console message that is used here. */
interface Message {
  type(): string;
  text(): string;
  location(): { readonly url: string };
}

export interface Visit {
  readonly isolated: boolean;
  /** What follows the address, from the question mark on. */
  readonly search?: string;
  /** Flags of Chromium beside the usual ones. */
  readonly flags?: string[];
}

/** Whether a message is about the page: not about the icon that it lacks, nor a GL driver's word on its own speed. */
function isComplaint(message: Message): boolean {
  if (message.location().url.endsWith('favicon.ico') || /GL Driver Message.*Performance/.test(message.text()))
    return false;
  return ['error', 'warning'].includes(message.type());
}

/** Serves a site and gives its page, and the list of paths that it asks for, to `body`; an error or warning on its console is a failure. */
export async function visit<R>(
  site: string,
  { isolated, search = '', flags = [] }: Visit,
  body: (page: Page, requests: readonly string[]) => Promise<R>,
): Promise<R> {
  const server = await serve(site, { isolated });
  const browser = await launchChromium(flags);
  const complaints: string[] = [];
  const requests: string[] = [];
  try {
    const page = await browser.newPage();
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('console', (message) => {
      if (isComplaint(message)) complaints.push(message.text());
    });
    page.on('request', (request) => requests.push(new URL(request.url()).pathname));
    await page.goto(server.url + search);
    const result = await body(page, requests);
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
