/** Writing files. */
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
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

test('a link stays and its file is written, be it there or not', () => {
  const folder = newFolder();
  const link = join(folder, 'link');
  mkdirSync(join(folder, 'other'));
  symlinkSync('other/real', link);
  for (const text of ['one', 'two']) {
    writeFile(link, text);
    assert.is(readlinkSync(link), 'other/real');
    assert.is(readFileSync(join(folder, 'other', 'real'), 'utf8'), text);
  }
  assert.equal([readdirSync(folder), readdirSync(join(folder, 'other'))], [['link', 'other'], ['real']]);
});

test('a pipe is written to and stays a pipe', () => {
  const path = join(newFolder(), 'pipe');
  execFileSync('mkfifo', [path]);
  // Open for reading and writing, it waits for nobody.
  const pipe = openSync(path, 'r+');
  try {
    writeFile(path, 'one');
    assert.ok(lstatSync(path).isFIFO());
    const read = new Uint8Array(9);
    assert.is(new TextDecoder().decode(read.subarray(0, readSync(pipe, read))), 'one');
  } finally {
    closeSync(pipe);
  }
});

test('a folder that is missing is told by the name of the option', () => {
  requireFolders({ out: 'x', chart: join(newFolder(), 'x'), page: undefined });
  const message = /^--chart: there is no folder no\/such for no\/such\/a.svg$/;
  assertThrows(() => requireFolders({ out: 'x', chart: 'no/such/a.svg' }), UsageError, message);
});

test('a folder in the place of a file, and a file in the place of a folder, are told by the name of the option', () => {
  const folder = newFolder();
  assertThrows(() => requireFolders({ out: folder }), UsageError, /^--out: .* is a folder, expected a file$/);
  assertThrows(
    () => requireFolders({ out: `${folder}/x/` }),
    UsageError,
    /^--out: .*x\/ is a folder, expected a file$/,
  );
  writeFileSync(join(folder, 'file'), '');
  requireFolders({ out: join(folder, 'file') });
  assertThrows(
    () => requireFolders({ out: join(folder, 'file', 'x') }),
    UsageError,
    /^--out: there is no folder .*file for /,
  );
});

test.run();
