/** What a bundle that uses only `matmul` weighs: the repository's own size check, shown here. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Figure, figure } from '../harness/figure.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

export async function bundleFigures(): Promise<Figure[]> {
  const output = execFileSync(process.execPath, ['scripts/size.mjs'], { cwd: root, encoding: 'utf8' });
  const [, size, limit] = /matmul[^:]*: ([\d.]+) KB of ([\d.]+) KB/.exec(output) ?? [];
  return [figure('bundle', 'matmul alone, minified, gzip', Number(size), 'KB', output.trim(), Number(limit))];
}
