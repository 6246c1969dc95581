/** Installs the peers into bench/peers on first use, so that `npm install` of the repository stays light. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../peers/', import.meta.url));
const { dependencies: wanted } = readJson(join(folder, 'package.json')) as { dependencies: Record<string, string> };

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** `require` as a module inside bench/peers sees it. */
export const requirePeer: NodeJS.Require = createRequire(join(folder, 'package.json'));

/** Versions of the peers that are installed. */
export function peerVersions(): Record<string, string> {
  const versions: Record<string, string> = {};
  for (const name of Object.keys(wanted)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    if (existsSync(file)) versions[name] = (readJson(file) as { version: string }).version;
  }
  return versions;
}

/** Installs what is missing. @throws {Error} if npm fails */
export function installPeers(): void {
  const script = fileURLToPath(new URL('../../../scripts/install-peers.mjs', import.meta.url));
  const { status } = spawnSync(process.execPath, [script, folder, '75 MB'], { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`the peers could not be installed into ${folder}`);
}
