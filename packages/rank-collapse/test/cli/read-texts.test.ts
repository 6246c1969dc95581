/** Token ids from JSON, however hostile. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readTexts } from '../../src/cli/read-texts.js';

const path = join(newFolder(), 'ids.json');
const limits = { vocabulary: 13, positions: 4 };

function read(content: string | Uint8Array): number[][] {
  writeFileSync(path, content);
  return readTexts(limits, path);
}

test('a list is one text, a list of lists several', () => {
  assert.equal(read('[3, 0, 12]'), [[3, 0, 12]]);
  assert.equal(read('\ufeff[[1, 2], [3], [4, 5, 6, 7]]'), [[1, 2], [3], [4, 5, 6, 7]]);
});

test('what is no token of the model is refused with its place and the file', () => {
  const cases: readonly (readonly [content: string | Uint8Array, problem: RegExp])[] = [
    ['', /ids\.json: no JSON \(/],
    ['[1, 2', /ids\.json: no JSON \(/],
    [Uint8Array.of(0x5b, 0xff, 0x5d), /ids\.json: no JSON \(/],
    ['['.repeat(300_000), /ids\.json: no JSON \(/],
    ['[]', /ids\.json: expected a list of token ids, or a list of such lists, got \[\]$/],
    ['{"ids": [1]}', /expected a list of token ids, or a list of such lists, got an object$/],
    ['7', /expected a list of token ids, .* got 7$/],
    ['null', /expected a list of token ids, .* got null$/],
    ['[[]]', /text 0 must be a list of one token id or more, got \[\]$/],
    ['[[1], 2]', /text 1 must be a list of one token id or more, got 2$/],
    ['[1, [2]]', /text 0, token 1: ids must be whole numbers in \[0, 13\), got \[2\]$/],
    [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, /text 0, token 0: ids must be whole numbers in \[0, 13\), got/],
    ['[1, 2.5]', /token 1: ids must be whole numbers in \[0, 13\), got 2\.5$/],
    ['[[1], [2, -1]]', /text 1, token 1: ids must be whole numbers in \[0, 13\), got -1$/],
    ['[13]', /token 0: ids must be whole numbers in \[0, 13\), got 13$/],
    ['[1e999]', /token 0: ids must be whole numbers in \[0, 13\), got Infinity$/],
    ['["1"]', /token 0: ids must be whole numbers in \[0, 13\), got "1"$/],
    ['[[1], [1, 2, 3, 4, 5]]', /text 1 has 5 tokens, the model has 4 positions$/],
  ];
  for (const [content, problem] of cases) {
    assertThrows(() => read(content), FormatError, problem);
  }
});

test('a model of images takes no token ids', () => {
  writeFileSync(path, '[1]');
  const images = { vocabulary: undefined, positions: 4 };
  assertThrows(() => readTexts(images, path), FormatError, /ids\.json: the model takes no token ids: give images/);
});

test('any JSON is texts of the model, or refused on one line that moves no cursor', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), (content) => {
      try {
        for (const text of read(content)) assert.ok(text.length > 0 && text.every((id) => id >= 0 && id < 13));
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        assert.match(error.message, /^[^\p{Cc}]*ids\.json: [^\p{Cc}]+$/u);
      }
    }),
  );
});

test.run();
