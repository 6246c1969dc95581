// Compiles a package's assembly/ to 'size:deflated base64' in src/wasm/*.gen.ts: index.ts with SIMD, and what gains by it (relaxed.ts) with relaxed SIMD.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateRawSync } from 'node:zlib';

const limit = 60 * 1024; // bytes; a binary travels inside every bundle
const common = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'];
const memory = ['--importMemory', '--noExportMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
const levels = {
  simd: ['assembly/index.ts'],
  relaxed: ['assembly/relaxed.ts', '--enable', 'relaxed-simd'],
};

const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin/asc.js');
const folder = mkdtempSync(join(tmpdir(), 'saccade-wasm-'));
mkdirSync('src/wasm', { recursive: true });
process.on('exit', () => rmSync(folder, { recursive: true }));

for (const [level, sources] of Object.entries(levels)) {
  const file = join(folder, `${level}.wasm`);
  const args = [asc, ...sources, '-o', file, ...common, ...memory];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exit(1); // asc said why
  const bytes = readFileSync(file);
  console.log(`${level}: ${bytes.length} bytes`);
  if (bytes.length > limit) {
    console.error(`the ${level} binary is over the budget of ${limit} bytes`);
    process.exit(1);
  }
  const packed = deflateRawSync(bytes, { level: 9 }).toString('base64');
  const text = `// Generated from assembly/ by scripts/wasm.mjs.\nexport const ${level}Binary: string =\n  '${bytes.length}:${packed}';\n`;
  writeFileSync(`src/wasm/${level}.gen.ts`, text);
}
