/** Reference vectors: what is read, and what is told of what is not there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

type Entry = readonly [name: string, dtype: string, shape: readonly number[], data: ArrayBufferView];

/** Writes a file of vectors as safetensors have them, and scalars beside it. @returns the place of both */
function written(entries: readonly Entry[], scalars: unknown): URL {
  const header: Record<string, unknown> = { __metadata__: { from: 'a test' } };
  const data: number[] = [];
  for (const [name, dtype, shape, { buffer }] of entries) {
    header[name] = { dtype, shape, data_offsets: [data.length, data.length + buffer.byteLength] };
    data.push(...new Uint8Array(buffer as ArrayBuffer));
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  const file = join(newFolder(), 'vectors');
  writeFileSync(`${file}.safetensors`, Uint8Array.from([...length, ...text, ...data]));
  writeFileSync(`${file}.json`, JSON.stringify(scalars));
  return pathToFileURL(file);
}

const entries: readonly Entry[] = [
  // One byte, so that none of the others begins where its elements can.
  ['mask', 'BOOL', [1], Uint8Array.of(1)],
  ['a.x', 'F64', [1, 2], Float64Array.of(0.1, -3)],
  ['a.y', 'F32', [], Float32Array.of(0.5)],
  ['a.rows', 'I32', [3], Int32Array.of(-1, 0, 7)],
  ['far', 'I64', [1], BigInt64Array.of(-(2n ** 40n))],
  ['nothing', 'F32', [0, 4], new Float32Array(0)],
  ['half', 'F16', [1], Uint16Array.of(1)],
];

test('scalars, names, shapes and values are those of the files', () => {
  const golden = new Golden<{ k: number }>(written(entries.slice(0, 6), { k: 3 }));
  assert.equal(golden.scalars, { k: 3 });
  assert.equal(golden.names('a.'), ['x', 'y', 'rows']);
  assert.is(golden.names().length, 6);
  assert.equal(golden.shape('a.x'), [1, 2]);
  assert.equal(golden.values('a.x'), [0.1, -3]);
  assert.equal(golden.values('a.y'), [0.5]);
  assert.equal(golden.values('a.rows'), [-1, 0, 7]);
  assert.equal(golden.values('far'), [-(2 ** 40)]);
  assert.equal(golden.values('mask'), [1]);
  assert.equal([golden.values('nothing'), golden.shape('nothing')], [[], [0, 4]]);
});

test('a tensor is made by the function given, of float32 or, for whole numbers, int32', () => {
  const make = (values: number[], options: object): object => ({ values, ...options });
  const golden = new Golden<unknown, object>(written(entries.slice(0, 6), {}), make);
  assert.equal(golden.tensor('a.x'), { values: [0.1, -3], shape: [1, 2], dtype: 'float32' });
  assert.equal(golden.tensor('a.rows'), { values: [-1, 0, 7], shape: [3], dtype: 'int32' });
  assert.equal(golden.tensor('mask'), { values: [1], shape: [1], dtype: 'int32' });
});

test('what is not there is an error of its name; scalars alone need no vectors', () => {
  const golden = new Golden(written(entries.slice(0, 1), {}));
  assertThrows(() => golden.values('none'), Error, /golden: there is no none/);
  assertThrows(() => golden.tensor('mask'), Error, /need the function that makes them/);
  const halves = new Golden(written(entries.slice(6), {}));
  assertThrows(() => halves.values('half'), Error, /half is of type F16, which nothing here reads/);
  const file = pathToFileURL(join(newFolder(), 'scalars'));
  assertThrows(() => new Golden(file), Error, /ENOENT.*scalars\.json/);
  writeFileSync(new URL(`${file.href}.json`), '[1, 2]');
  const alone = new Golden<number[]>(file);
  assert.equal(alone.scalars, [1, 2]);
  assertThrows(() => alone.names(), Error, /ENOENT.*scalars\.safetensors/);
});

test.run();
