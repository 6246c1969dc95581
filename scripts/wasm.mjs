// Compiles a package's assembly/ to 'sizes:deflated base64' in src/wasm/*.gen.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import zopfli from '@gfx/zopfli';

const limit = 60 * 1024; // bytes; a binary travels inside every bundle
// Warning 112 is about v128 values at the border to JavaScript; only addresses and numbers cross it.
const features = ['--enable', 'simd', '--enable', 'threads'];
const common = ['--noAssert', '--runtime', 'stub', ...features, '--disableWarning', '112'];
const memory = ['--importMemory', '--noExportMemory', '--initialMemory', '1', '--maximumMemory', '65536'];
// In kernels, what lives by multiply-add is compiled once more for engines with relaxed SIMD; products of float64 and optimizers are
// extensions, which travel apart. A package that brings kernels along has one binary.
const hasProducts = existsSync('assembly/products.ts');
const outputs = hasProducts
  ? {
      binaries: {
        general: ['assembly/general.ts', '-O3s'],
        products: ['assembly/products.ts', '-O3s'],
        productsRelaxed: ['assembly/products.ts', '-O3s', '--enable', 'relaxed-simd'],
      },
      doubles: { doubleProducts: ['assembly/double-products.ts', '-O3s'] },
      optimizer: { optimizer: ['assembly/optimizer.ts', '-O3s'] },
    }
  : { binaries: { general: ['assembly/general.ts', '-O3'] } };

const asc = join(dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')), 'bin/asc.js');
const folder = mkdtempSync(join(tmpdir(), 'saccade-wasm-'));
mkdirSync('src/wasm', { recursive: true });
process.on('exit', () => rmSync(folder, { recursive: true }));

function compile(name, sources) {
  const file = join(folder, `${name}.wasm`);
  const args = [asc, ...sources, '-o', file, ...common, ...memory];
  if (spawnSync(process.execPath, args, { stdio: 'inherit' }).status !== 0) process.exit(1); // asc said why
  const bytes = readFileSync(file);
  console.log(`${name}: ${bytes.length} bytes`);
  if (bytes.length > limit) {
    console.error(`the ${name} binary is over the budget of ${limit} bytes`);
    process.exit(1);
  }
  return bytes;
}

for (const [file, binaries] of Object.entries(outputs)) {
  const contents = Object.entries(binaries).map(([name, sources]) => compile(name, sources));
  const sizes = contents.map((bytes) => bytes.length).join(',');
  // Zopfli writes the deflate format like zlib, 5 % smaller.
  const deflated = await zopfli.deflateAsync(Buffer.concat(contents), { numiterations: 100 });
  const packed = Buffer.from(deflated).toString('base64');
  const text = `// Generated from assembly/ by scripts/wasm.mjs.\nexport const binaries: string =\n  '${sizes}:${packed}';\n`;
  writeFileSync(`src/wasm/${file}.gen.ts`, text);
}
