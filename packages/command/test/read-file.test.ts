/** Reading files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FileError, readFile, readIfThere, readStart } from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

test('a file is read whole, by its beginning, or if it is there', () => {
  const folder = newFolder();
  const path = join(folder, 'x');
  assert.is(readIfThere(path), undefined);
  writeFileSync(path, 'text');
  for (const bytes of [readFile(path), readIfThere(path)!, readStart(path, 9)]) {
    assert.is(new TextDecoder().decode(bytes), 'text');
  }
  assert.is(new TextDecoder().decode(readStart(path, 2)), 'te');
  for (const read of [readFile, readIfThere, (at: string) => readStart(at, 2)]) {
    assertThrows(() => read(folder), FileError, /^cannot read .* \(EISDIR/);
  }
  assertThrows(() => readFile(join(folder, 'none')), FileError, /^cannot read .*none \(ENOENT/);
});

test.run();
