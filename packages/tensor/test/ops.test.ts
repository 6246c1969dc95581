/** Guards over `src/ops`: the name of a file leads to its cases, to its tests and to its row in the architecture. */
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { casesByFile } from './cases/index.js';

const root = new URL('../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** The functions that the package exports, by the file of `src/ops` that they are in. */
const operations = new Map<string, string[]>();
for (const [, names, file] of read('src/index.ts').matchAll(/export \{([^}]*)\} from '\.\/ops\/([\w-]+)\.js'/g)) {
  const functions = (names as string).split(',').map((name) => name.trim());
  const values = functions.filter((name) => name !== '' && !name.startsWith('type '));
  if (values.length > 0) operations.set(file as string, values);
}

/** Operations on each element alone: what is tested of them is what they share. */
const onElements = 'activation arithmetic cast compare exponential extremes rounding trigonometry where'.split(' ');

test('the cases of a file are those of the operations that it exports', () => {
  assert.ok(operations.size > 25, 'the exports are read');
  for (const [file, names] of operations) {
    const covered = new Set((casesByFile[file] ?? []).map((c) => c.op));
    assert.equal([...covered].sort(), [...names].sort(), `test/cases/${file}.ts and src/ops/${file}.ts`);
  }
});

test('every file with operations has a test file of its name, those on each element have one together', () => {
  const wanted = [...operations.keys()].map((file) => (onElements.includes(file) ? 'elementwise' : file));
  assert.equal(
    wanted.filter((name) => !existsSync(new URL(`test/${name}.test.ts`, root))),
    [],
  );
  assert.equal(
    onElements.filter((file) => !operations.has(file)),
    [],
  );
});

test('the architecture page names every file with operations', () => {
  const page = readFileSync(new URL('../../docs/architecture.md', root), 'utf8');
  assert.equal(
    [...operations.keys()].filter((file) => !page.includes(`packages/tensor/src/ops/${file}.ts`)),
    [],
  );
});

test.run();
