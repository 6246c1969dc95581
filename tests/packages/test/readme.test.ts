/** The examples of the READMEs, pasted into a user's project, print what they say. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { transformSync } from 'esbuild';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { userProject } from '../src/project.js';

const root = resolve(import.meta.dirname, '../../..');
const { folder, node } = await userProject();

const readmes = ['README.md', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}/README.md`)];

/** The blocks of TypeScript that stand on their own: those with imports. */
function examples(file: string): string[] {
  let text = '';
  try {
    text = readFileSync(join(root, file), 'utf8');
  } catch {
    return []; // packages that are not published have none
  }
  return Array.from(text.matchAll(/^```ts\n(.*?)^```$/gms), (match) => match[1] as string).filter((code) =>
    /^import /m.test(code),
  );
}

/** What the comments behind `console.log(…)` say, on the same line and on comment lines below. */
function promised(code: string): string[] {
  const lines = code.split('\n');
  return lines.flatMap((line, i) => {
    if (!line.startsWith('console.log(')) return [];
    const beside = / \/\/ (.*)$/.exec(line)?.[1];
    const below: string[] = [];
    for (let next = i + 1; lines[next]?.startsWith('// '); next++) below.push((lines[next] as string).slice(3));
    return beside === undefined ? below : [beside, ...below];
  });
}

for (const file of readmes) {
  examples(file).forEach((code, i) => {
    test(`example ${i + 1} of ${file} prints what it says`, async () => {
      const name = `readme-${file.replaceAll(/\W/g, '-')}-${i}.mjs`;
      writeFileSync(join(folder, name), transformSync(code, { loader: 'ts', target: 'node20' }).code);
      const printed = (await node(name)).trimEnd().split('\n');
      assert.ok(promised(code).length > 0, 'says nothing');
      assert.equal(printed, promised(code));
    });
  });
}

test.run();
