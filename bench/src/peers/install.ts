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
  const installed = peerVersions();
  if (Object.entries(wanted).every(([name, version]) => installed[name] === version)) return;
  console.error('bench: installing the peers into bench/peers (once, about 75 MB)');
  // npm tells its children which workspace it runs in; this install must not hear of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_(workspace|local_prefix)/i.test(name)),
  );
  const flags = '--ignore-scripts --omit=optional --no-package-lock --no-audit --no-fund --loglevel=error';
  const { status } = spawnSync(`npm install ${flags}`, { cwd: folder, env, shell: true, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`npm install in ${folder} failed with exit code ${status}`);
}
