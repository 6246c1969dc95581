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

/** Not about the page: a GL driver's word on its own speed; the odd answer of old nats-servers to a WebSocket that is closed. */
const idle = /GL Driver Message.*Performance|broken close frame/;

/** Whether a message is about the page, and not about the icon that it lacks. */
function isComplaint(message: Message): boolean {
  if (message.location().url.endsWith('favicon.ico') || idle.test(message.text())) return false;
  return ['error', 'warning'].includes(message.type());
}

/** Serves a site and gives its page, and the list of paths that it asks for, to `body`; an error or warning on its console, or on that of another tab, is a failure. */
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
    const context = await browser.newContext();
    context.on('weberror', (error) => complaints.push(String(error.error())));
    context.on('console', (message) => {
      if (isComplaint(message)) complaints.push(message.text());
    });
    context.on('request', (request) => requests.push(new URL(request.url()).pathname));
    const page = await context.newPage();
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
