/** Writes a program that runs the benchmark in Node on any machine of this kind, with all that it needs. */
import { copyFileSync, cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNodeProgram, dawnFolder } from './site.js';

/** Dawn and nothing else of its package: the binaries of other systems are four times as large. */
function copyDawn(folder: string): void {
  const from = join(dawnFolder, 'node_modules/webgpu');
  const to = join(folder, 'node_modules/webgpu');
  const binary = `dist/${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
  mkdirSync(to, { recursive: true });
  for (const name of ['package.json', 'index.js', 'LICENSE.md']) copyFileSync(join(from, name), join(to, name));
  cpSync(join(from, binary), join(to, binary), { recursive: true });
}

/** The folder then has `run.mjs`. What was in it goes. */
export async function pack(folder: string): Promise<void> {
  await buildNodeProgram(folder);
  copyDawn(folder);
  copyFileSync(fileURLToPath(new URL('./torch_gpu.py', import.meta.url)), join(folder, 'torch_gpu.py'));
}
