/** The command. Exit code 1 if a library failed or gave another result, 2 if it could not run at all. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '@saccade/testing/serve';
import { deliver } from './deliver.js';
import { runHeadless } from './headless.js';
import { type Options, readOptions, usage } from './options.js';
import { pack } from './pack.js';
import { buildSite, dawnFolder, peersFolder, temporaryFolder } from './site.js';

/** npm runs the command in the workspace; paths are meant from where it was typed. */
const from = process.env.INIT_CWD ?? process.cwd();

function install(folder: string, size: string): boolean {
  const script = fileURLToPath(new URL('../../../../scripts/install-peers.mjs', import.meta.url));
  return spawnSync(process.execPath, [script, folder, size], { stdio: ['ignore', 2, 2] }).status === 0;
}

async function runInNode(argv: string[]): Promise<void> {
  const folder = temporaryFolder();
  await pack(folder);
  const { status } = spawnSync(process.execPath, [join(folder, 'run.mjs'), ...argv], { cwd: from, stdio: 'inherit' });
  process.exitCode = status ?? 2;
}

async function main(argv: string[], options: Options): Promise<void> {
  if (options.help) {
    process.stdout.write(usage);
    return;
  }
  if (!install(peersFolder, '95 MB')) console.error('benchmark-page: peers that could not be installed are left out');
  if (options.node || options.pack !== undefined) {
    if (!install(dawnFolder, '120 MB')) throw new Error('WebGPU for Node (Dawn) could not be installed');
    if (options.pack === undefined) return runInNode(argv);
    return pack(resolve(from, options.pack));
  }
  const site = await buildSite();
  if (!options.headless) {
    const { url } = await serve(site, { isolated: true });
    console.log(`${url}\nCtrl-C ends it`);
    return;
  }
  const progress = (text: string) => console.error(`benchmark-page: ${text}`);
  const json = options.json && resolve(from, options.json);
  deliver(await runHeadless(site, { ...options, progress }), { ...options, json });
}

try {
  const argv = process.argv.slice(2);
  await main(argv, readOptions(argv));
} catch (error) {
  console.error(`benchmark-page: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
