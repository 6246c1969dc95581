// Writes a .d.cts beside each .d.ts of a folder, with its relative specifiers turned from .js to .cjs.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'dist';
for (const name of readdirSync(folder, { recursive: true })) {
  if (!name.endsWith('.d.ts')) continue;
  const text = readFileSync(join(folder, name), 'utf8');
  const commonjs = text.replace(/(from\s+['"]|import\(['"])(\.[^'"]+)\.js(['"])/g, '$1$2.cjs$3');
  writeFileSync(join(folder, name.replace(/\.d\.ts$/, '.d.cts')), commonjs);
}
