/** What a bundle that uses only `matmul` weighs: the repository's own size check, shown here. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Figure, figure } from '../harness/figure.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export async function bundleFigures(): Promise<Figure[]> {
  // Its exit code tells that the size is over its limit; the figure says the same.
  const { stdout } = spawnSync(process.execPath, ['scripts/size.mjs'], { cwd: root, encoding: 'utf8' });
  const [, size, limit] = /matmul[^:]*: ([\d.]+) KB of ([\d.]+) KB/.exec(stdout) ?? [];
  if (size === undefined) throw new Error(`scripts/size.mjs printed no size: ${stdout.trim()}`);
  return [figure('bundle', 'matmul alone, minified, gzip', Number(size), 'KB', stdout.trim(), Number(limit))];
}
