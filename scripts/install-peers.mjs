// Installs what a benchmark compares with into a folder of its own, outside of the workspaces, so that `npm install` of the
// repository stays light: node scripts/install-peers.mjs FOLDER SIZE. Does nothing where all is there. Exact versions only.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, size] = process.argv.slice(2);
const manifest = (path) => JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8'));

const isThere = ([name, version]) => {
  const path = join('node_modules', name);
  return existsSync(join(folder, path, 'package.json')) && manifest(path).version === version;
};

if (!Object.entries(manifest('.').dependencies).every(isThere)) {
  console.error(`installing the peers into ${folder} (once, about ${size})`);
  // npm tells its children which workspace it runs in; this install must not hear of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_(workspace|local_prefix)/i.test(name)),
  );
  const flags = '--ignore-scripts --omit=optional --no-package-lock --no-audit --no-fund --loglevel=error';
  const { status } = spawnSync(`npm install ${flags}`, { cwd: folder, env, shell: true, stdio: ['ignore', 2, 2] });
  process.exitCode = status ?? 1;
}
