/** Guards over the kernel table: each kernel is tested against the oracle, each family has its file in every place. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { jsKernels } from '../src/js/kernels.js';
import { wasmForms } from './conformance.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const kernels = Object.keys(jsKernels);
const families = readdirSync(new URL('src/table/', root)).map((file) => file.replace(/\.ts$/, ''));

/** Kernels that a test file hands to `conform`: by name, or one after another from the list of a loop around it. */
function conformed(source: string): string[] {
  const direct = [...source.matchAll(/\bconform\(\s*'(\w+)'/g)].map((match) => match[1] as string);
  const looped = [...source.matchAll(/for \(const (\w+) of \[([^\]]*)\] as const\)[\s\S]*?\bconform\(\s*(\w+),/g)];
  const named = looped.filter((match) => match[1] === match[3]).flatMap((match) => (match[2] as string).match(/\w+/g));
  return [...direct, ...(named as string[])];
}

test('every kernel of the table runs against the oracle in a conformance test', () => {
  const files = readdirSync(new URL('test/', root)).filter((file) => file.endsWith('.test.ts'));
  const tested = new Set(files.flatMap((file) => conformed(read(`test/${file}`))));
  assert.ok(kernels.length > 30, 'the table is read');
  assert.equal(
    kernels.filter((kernel) => !tested.has(kernel)),
    [],
    'kernels without conform(…)',
  );
});

test('every device has every kernel', async () => {
  for (const { device, label } of await wasmForms()) {
    assert.equal(Object.keys(device.kernels).sort(), [...kernels].sort(), label);
  }
});

test('every family has its file in table/, js/, wasm/, assembly/, gpu/ and test/', () => {
  const places = families.flatMap((family) => [
    `src/js/${family}.ts`,
    `src/wasm/${family}.ts`,
    `assembly/${family}.ts`,
    `src/gpu/${family}.ts`,
    `test/${family}.test.ts`,
  ]);
  assert.equal(
    places.filter((path) => !existsSync(new URL(path, root))),
    [],
    'missing files',
  );
});

test('the architecture page names every family and every kernel', () => {
  const page = read('../../docs/architecture.md');
  assert.equal(
    families.filter((family) => !page.includes(`packages/kernels/src/table/${family}.ts`)),
    [],
    'families without a row',
  );
  const rows = page
    .split('\n')
    .filter((line) => line.includes('packages/kernels/src/table/'))
    .join('\n');
  const base = (kernel: string): string => kernel.replace(/Grad(Input|Filter|Value)?$/, '');
  assert.equal(
    kernels.filter((kernel) => !rows.includes(`\`${base(kernel)}\``)),
    [],
    'kernels without a mention',
  );
});

test.run();
