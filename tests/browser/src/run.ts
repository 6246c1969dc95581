/** Runs one suite: serves its page, opens it in its browser, and waits for what it tells. */
import { fileURLToPath } from 'node:url';
import { serve } from '@saccade/testing/serve';
import { open, SILENCE } from './browsers.js';
import { bundleTests } from './bundle.js';
import type { Suite } from './suites.js';

/** Where the repository is. */
export const root: string = fileURLToPath(new URL('../../..', import.meta.url));

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** Resolves to the counts, undefined where there is no such browser. @param tell is given what the page says */
export async function run(suite: Suite, tell: (line: string) => void): Promise<Counts | undefined> {
  const html = `<!doctype html><meta charset="utf-8"><title>${suite.name}</title><script type="module" src="/tests.js"></script>`;
  const files = { '/': html, '/tests.js': await bundleTests(root, suite.files) };
  let finish: (counts: Counts) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const ended = new Promise<Counts>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  // What fails while a browser opens is told by opening it.
  ended.catch(() => {});
  const hang = (): void => fail(new Error(`no test has ended for ${SILENCE / 1000} s`));
  let silence = setTimeout(hang, SILENCE);
  const onPost = (path: string, body: string): void => {
    clearTimeout(silence);
    silence = setTimeout(hang, SILENCE);
    if (path === '/result') finish(JSON.parse(body) as Counts);
    else if (path === '/line') tell(body);
  };
  const server = await serve(root, { isolated: suite.isolated, files, onPost });
  try {
    const url = `${server.url}?device=${suite.device}`;
    const close = await open(suite.browser, url, suite.device !== 'wasm', fail);
    if (!close) return undefined;
    try {
      return await ended;
    } finally {
      await close();
    }
  } finally {
    clearTimeout(silence);
    server.close();
  }
}
