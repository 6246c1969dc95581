// Finishes the declarations of a folder: a .d.cts beside each .d.ts, and the library of `using` named where it is needed.
// Fails where a built file names a package that users do not get with this one.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.argv[2] ?? 'dist';
const { name: own, dependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const installed = [own, ...Object.keys({ ...dependencies, ...peerDependencies })];

for (const name of readdirSync(folder, { recursive: true })) {
  if (!/\.(d\.ts|js|cjs)$/.test(name)) continue;
  const file = join(folder, name);
  let text = readFileSync(file, 'utf8');
  for (const [, other] of text.matchAll(/\b(?:from|import|require)\b\s*\(?\s*['"](@saccade\/[\w-]+)/g)) {
    if (installed.includes(other)) continue;
    console.error(`${file} imports ${other}, which is no dependency of ${own}: bundle it, or keep its types out`);
    process.exitCode = 1;
  }
  if (!name.endsWith('.d.ts')) continue;
  if (/Symbol\.(dispose|asyncDispose)/.test(text) && !text.includes('esnext.disposable')) {
    // A user's default `lib` does not know these symbols yet.
    text = `/// <reference lib="esnext.disposable" />\n${text}`;
    writeFileSync(file, text);
    const map = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
    writeFileSync(`${file}.map`, JSON.stringify({ ...map, mappings: `;${map.mappings}` })); // one line further down
  }
  const commonjs = text.replace(/((?:from|import|module|import\()\s*['"]\.[^'"]+)\.js(['"])/g, '$1.cjs$2');
  writeFileSync(file.replace(/\.d\.ts$/, '.d.cts'), commonjs);
}
