/** Seeded fuzzing of the readers: every mutated file ends in a valid result or a FormatError, and in nothing else. */
import { FormatError } from '@saccade/kernels';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertStored } from '../src/formats/convert-stored.js';
import { decodeNpy, packNpy } from '../src/formats/npy-bytes.js';
import { decodeSafetensors, packSafetensors } from '../src/formats/safetensors-bytes.js';
import { type StoredArray, type StoredDType, storedBytes, viewStored } from '../src/formats/stored.js';
import { storedDTypes } from './stored-dtypes.js';

/** A small seeded generator (mulberry32); integers in [0, limit). */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

type Random = ReturnType<typeof generator>;

function pick<T>(random: Random, items: readonly T[]): T {
  return items[random(items.length)]!;
}

function randomArray(random: Random, types: readonly StoredDType[]): StoredArray {
  const dtype = pick(random, types);
  const shape = Array.from({ length: random(4) }, () => random(4));
  const bytes = new Uint8Array(shape.reduce((product, size) => product * size, 1) * storedBytes(dtype));
  for (let i = 0; i < bytes.length; i++) bytes[i] = dtype === 'BOOL' ? random(2) : random(256);
  return { dtype, shape, data: viewStored(bytes, dtype) };
}

const numbers = [
  '0',
  '-1',
  '-0',
  '1',
  '4',
  '1e9',
  '0.5',
  '2147483648',
  '4294967296',
  '9007199254740991',
  '9007199254740992',
  '9223372036854775808',
  '18446744073709551616',
  '1'.repeat(60),
  'null',
  '"1"',
  '[1]',
  '{}',
  'NaN',
  '',
];
const scraps = ['{', '}', '[', ']', ',', ':', '"', "'", '(', ')', '\\', '\0', ' ', 'True', 'null', '\u00ff', '{"a":'];
const replacements = [
  'F32',
  'F64',
  'U8',
  'F8_E5M2',
  'BOOL',
  'I64',
  'dtype',
  'shape',
  'data_offsets',
  '__metadata__',
  '__proto__',
];

/** One edit of the text of a header. */
function editText(random: Random, text: string): string {
  const at = random(text.length + 1);
  const end = Math.min(text.length, at + 1 + random(12));
  switch (random(8)) {
    case 0:
    case 1: {
      const found = [...text.matchAll(/[0-9]+/g)];
      const match = found.length === 0 ? undefined : pick(random, found);
      if (match === undefined) return text;
      return text.slice(0, match.index) + pick(random, numbers) + text.slice(match.index + match[0].length);
    }
    case 2:
      return text.slice(0, at) + pick(random, scraps) + text.slice(at);
    case 3:
      return text.slice(0, at) + text.slice(end);
    case 4:
      return text.slice(0, end) + text.slice(at, end) + text.slice(end);
    case 5:
      return text.replace(pick(random, replacements), pick(random, replacements));
    case 6:
      return text.slice(0, at) + pick(random, ['[', '{"a":', '(']).repeat(1 + random(3000)) + text.slice(at);
    default: {
      const found = [...text.matchAll(/[0-9]+/g)];
      const [a, b] = [found[random(found.length)], found[random(found.length)]];
      return a === undefined || b === undefined ? text : text.replaceAll(a[0], b[0]);
    }
  }
}

/** One edit of raw bytes: flips, a truncation, an extension, or a splice of another place. */
function editBytes(random: Random, bytes: Uint8Array): Uint8Array {
  const out = bytes.slice();
  switch (random(5)) {
    case 0:
    case 1:
      for (let flips = 1 + random(8); flips > 0 && out.length > 0; flips--) out[random(out.length)]! ^= 1 << random(8);
      return out;
    case 2:
      return out.slice(0, random(out.length + 1));
    case 3:
      return Uint8Array.from([...out, ...Array.from({ length: 1 + random(16) }, () => random(256))]);
    default:
      out.copyWithin(random(out.length + 1), random(out.length + 1), random(out.length + 1));
      return out;
  }
}

/** The header text edited, with a length that matches it again or, at times, does not. */
function editHeader(random: Random, bytes: Uint8Array, lengthAt: number, headerAt: number, wide: boolean): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = wide ? view.getUint32(lengthAt, true) : view.getUint16(lengthAt, true);
  let text = Buffer.from(bytes.subarray(headerAt, headerAt + length)).toString('latin1');
  for (let edits = 1 + random(3); edits > 0; edits--) text = editText(random, text);
  const out = Buffer.concat([
    bytes.subarray(0, headerAt),
    Buffer.from(text, 'latin1'),
    bytes.subarray(headerAt + length),
  ]);
  const stated = random(10) === 0 ? random(2 ** 16) : text.length % 2 ** 16;
  if (wide) out.writeUInt32LE(stated, lengthAt);
  else out.writeUInt16LE(stated, lengthAt);
  if (wide && random(40) === 0) out.writeUInt32LE(random(2 ** 32), lengthAt + 4);
  return new Uint8Array(out);
}

/** Runs a reader; true if the file was valid, false if it was refused by a FormatError; anything else fails. */
function survives(read: () => void, describe: () => string): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof FormatError) return false;
    throw new Error(`not a FormatError: ${String(error)}\nfile: ${describe()}`, { cause: error });
  }
}

/** Every promise that the reader makes about an array it accepted. */
function checkArray(array: StoredArray, what: string): void {
  const count = array.shape.reduce((product, size) => product * size, 1);
  assert.is(array.data.length, count);
  assert.ok(array.shape.every((size) => Number.isSafeInteger(size) && size >= 0));
  survives(
    () => {
      assert.is(convertStored(array, {}, what).values.length, count);
    },
    () => what,
  );
}

test('20,000 mutated safetensors files end in a valid result or a FormatError', () => {
  const random = generator(20_261);
  const before = process.memoryUsage().arrayBuffers;
  let valid = 0;
  let refused = 0;
  for (let run = 0; run < 20_000; run++) {
    const names = ['w', 'b', '__proto__', 'layer.0.weight', 'ü', ''];
    const tensors = new Map(names.slice(0, random(6)).map((name) => [name, randomArray(random, storedDTypes)]));
    let bytes = packSafetensors(tensors, random(2) === 0 ? {} : { metadata: { format: 'pt', n: '12' } });
    const kind = random(4);
    if (kind !== 0) bytes = editHeader(random, bytes, 0, 8, true);
    if (kind === 0 || kind === 3) bytes = editBytes(random, bytes);
    const accepted = survives(
      () => {
        const decoded = decodeSafetensors(run % 2 === 0 ? bytes : Buffer.from(bytes), 'fuzz');
        let total = 0;
        for (const [name, array] of decoded.tensors) {
          checkArray(array, name);
          total += array.data.byteLength;
        }
        const header = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
        assert.is(total, bytes.length - 8 - header);
        assert.ok(Object.values(decoded.metadata).every((text) => typeof text === 'string'));
      },
      () => Buffer.from(bytes).toString('latin1').slice(0, 2000),
    );
    if (accepted) valid++;
    else refused++;
  }
  // The mutations must reach both sides, or the test shows nothing.
  assert.ok(valid > 1000, `only ${valid} valid`);
  assert.ok(refused > 10_000, `only ${refused} refused`);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e9);
});

test('5,000 mutated npy files end in a valid result or a FormatError', () => {
  const random = generator(77);
  let valid = 0;
  let refused = 0;
  const types = storedDTypes.filter((dtype) => dtype !== 'BF16');
  for (let run = 0; run < 5000; run++) {
    let bytes = packNpy(randomArray(random, types));
    const kind = random(4);
    if (kind !== 0) bytes = editHeader(random, bytes, 8, 10, false);
    if (kind === 0 || kind === 3) bytes = editBytes(random, bytes);
    const accepted = survives(
      () => checkArray(decodeNpy(bytes, 'fuzz'), 'fuzz'),
      () => Buffer.from(bytes).toString('latin1').slice(0, 2000),
    );
    if (accepted) valid++;
    else refused++;
  }
  assert.ok(valid > 200, `only ${valid} valid`);
  assert.ok(refused > 2000, `only ${refused} refused`);
});

test.run();
