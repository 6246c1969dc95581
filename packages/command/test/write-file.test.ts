/** Writing files. */
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileError, requireFolders, UsageError, writeFile } from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('a file is written over, and nothing else is left', () => {
  const folder = newFolder();
  const path = join(folder, 'x');
  writeFile(path, 'one');
  writeFile(path, Uint8Array.of(116, 119, 111));
  assert.is(readFileSync(path, 'utf8'), 'two');
  assert.equal(readdirSync(folder), ['x']);
});

test('what cannot be written is an error of its path and cause, and leaves nothing', () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'x'));
  const error = assertThrows(() => writeFile(join(folder, 'x'), 'one'), FileError, /^cannot write .*x \(E/);
  assert.is((error as FileError).code, 'io');
  assert.ok(error.cause instanceof Error);
  assert.equal(readdirSync(folder), ['x']);
});

test('a folder that is missing is told by the name of the option', () => {
  requireFolders({ out: 'x', chart: join(newFolder(), 'x'), page: undefined });
  const message = /^--chart: there is no folder no\/such for no\/such\/a.svg$/;
  assertThrows(() => requireFolders({ out: 'x', chart: 'no/such/a.svg' }), UsageError, message);
});

test.run();
