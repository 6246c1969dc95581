/** The command that serves the page, or writes it. Exit code 2 if it could not. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { serve } from '@saccade/testing/serve';
import { buildPage } from './build-page.js';

const usage = `usage: npm run turn-page -- [options]

A page on which a digit is turned, and read by a network that respects quarter turns and by one that does not, with where they look.
Without options it is served, at an address that is printed, until Ctrl-C.

  --out FILE  write it to FILE instead: one file that needs no other, and no network
  --help      this text
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { out: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return;
  }
  const page = await buildPage();
  if (values.out !== undefined) {
    // npm runs the command in the workspace; paths are meant from where it was typed.
    const path = resolve(process.env.INIT_CWD ?? process.cwd(), values.out);
    writeFileSync(path, page);
    console.log(`${path} (${(page.length / 1e6).toFixed(1)} MB)`);
    return;
  }
  // Networks this small gain nothing from threads, so the page needs no isolation.
  const { url } = await serve(fileURLToPath(new URL('..', import.meta.url)), { isolated: false, files: { '/': page } });
  console.log(`${url}\nCtrl-C ends it`);
}

try {
  await main();
} catch (error) {
  console.error(`turn-page: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
