// Runs a package's test/**/*.test.ts with uvu, and fails where a file ran no test. An argument keeps only the files whose path contains it.
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

globalThis.UVU_DEFER = 1; // uvu: collect the suites of each file, run them when told
const { exec } = await import('uvu');

// What the garbage collector frees while a test counts what is alive would spoil the count, so it waits until the file is done.
const collected = [];
globalThis.FinalizationRegistry = class extends FinalizationRegistry {
  constructor(free) {
    super((held) => collected.push(() => free(held)));
  }
};

const wanted = process.argv[2] ?? '';
const files = (existsSync('test') ? readdirSync('test', { recursive: true }) : [])
  .filter((name) => name.endsWith('.test.ts') && name.includes(wanted))
  .sort();

const counts = files.map(() => ({ total: 0, passed: 0, skipped: 0 }));
for (const [index, name] of files.entries()) {
  const group = [name];
  globalThis.UVU_INDEX = globalThis.UVU_QUEUE.push(group) - 1;
  await import(pathToFileURL(resolve(join('test', name))).href);
  for (let i = 1; i < group.length; i++) group[i] = counting(group[i], counts[index]);
}

function counting(suite, count) {
  return async () => {
    const result = await suite();
    for (const free of collected.splice(0)) free();
    count.passed += result[1];
    count.skipped += result[2];
    count.total += result[3];
    return result;
  };
}

console.log(`Node ${process.version}`);
await exec();

const sum = (key) => counts.reduce((total, count) => total + count[key], 0);
const empty = files.filter((_, index) => counts[index].total + counts[index].skipped === 0);
for (const name of empty) console.error(`test/${name} ran no test: does it end with test.run()?`);
if (files.length === 0) console.error(`no file test/**/*${wanted}*.test.ts`);
if (empty.length > 0 || files.length === 0) process.exitCode = 1;
const skipped = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('total') - sum('passed') + empty.length} failed${skipped}`);
