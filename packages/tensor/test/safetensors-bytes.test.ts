/** The byte layer of safetensors: what is read, what is written, and every way a file can be wrong. */
import { FormatError, OptionError } from '@saccade/kernels';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { convertStored } from '../src/formats/convert-stored.js';
import { decodeSafetensors, packSafetensors } from '../src/formats/safetensors-bytes.js';
import { type StoredArray, type StoredDType, storedBytes, viewStored } from '../src/formats/stored.js';
import { storedDTypes } from './stored-dtypes.js';

/** A file with this header text and this many zero bytes of data; `length` overrides the stated header length. */
function file(header: string, dataBytes = 0, length?: bigint): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

function refused(bytes: Uint8Array, message: RegExp): void {
  try {
    decodeSafetensors(bytes, 'test');
  } catch (error) {
    assert.instance(error, FormatError);
    assert.match((error as Error).message, message);
    assert.match((error as Error).message, /^test: /);
    return;
  }
  assert.unreachable(`not refused, expected ${message}`);
}

const one = '"dtype":"U8","shape":[1],"data_offsets":[0,1]';

test('a file by hand is read', () => {
  const bytes = file('{"__metadata__":{"by":"hand"},"w":{"dtype":"I16","shape":[2,1],"data_offsets":[0,4]}}   ', 4);
  bytes.set([1, 0, 255, 255], bytes.length - 4);
  const { tensors, metadata } = decodeSafetensors(bytes);
  const w = tensors.get('w')!;
  assert.is(w.dtype, 'I16');
  assert.equal([...w.shape], [2, 1]);
  assert.equal([...(w.data as Int16Array)], [1, -1]);
  assert.is(metadata.by, 'hand');
});

test('no tensors, scalars, empty dimensions and names like __proto__ are valid', () => {
  assert.is(decodeSafetensors(file('{}')).tensors.size, 0);
  const entries = [
    '"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}',
    '"constructor":{"dtype":"F64","shape":[3,0,2],"data_offsets":[4,4]}',
    '"":{"dtype":"BOOL","shape":[1],"data_offsets":[4,5]}',
    '"__metadata__":{"__proto__":"x"}',
  ];
  const { tensors, metadata } = decodeSafetensors(file(`{${entries.join(',')}}`, 5));
  assert.equal([...tensors.keys()], ['__proto__', 'constructor', '']);
  assert.is(tensors.get('__proto__')!.data.length, 1);
  assert.is(tensors.get('constructor')!.data.length, 0);
  assert.equal(Object.keys(metadata), ['__proto__']);
  assert.is(({} as Record<string, unknown>).x, undefined);
});

test('unknown members of an entry are ignored, as the reference implementation does', () => {
  assert.is(decodeSafetensors(file(`{"a":{${one},"note":{"x":[true,null,"y"]}}}`, 1)).tensors.size, 1);
});

test('a lone surrogate and escapes survive in names', () => {
  const names = ['\ud800', 'line\nbreak', 'quote"', 'ü€😀', '\\u0041'];
  const tensors = new Map(
    names.map((name) => [name, { dtype: 'U8', shape: [1], data: Uint8Array.of(7) } as StoredArray]),
  );
  const back = decodeSafetensors(packSafetensors(tensors)).tensors;
  assert.equal(new Set(back.keys()), new Set(names));
});

test('a file too short, too long a header, or a length of 2^63 is refused', () => {
  refused(new Uint8Array(0), /at least 8 bytes, got 0/);
  refused(new Uint8Array(7), /at least 8 bytes, got 7/);
  refused(new Uint8Array(8), /must begin with '\{'/);
  refused(file('{}', 0, 3n), /header of 3 bytes does not fit/);
  refused(file('{}', 0, 99_999_999n), /does not fit/);
  refused(file('{}', 0, 100_000_001n), /at most 100000000/);
  refused(file('{}', 0, 2n ** 53n), /at most 100000000 bytes, got 9007199254740992/);
  refused(file('{}', 0, 2n ** 64n - 1n), /at most 100000000/);
});

test('a header that is no strict JSON object is refused', () => {
  refused(file('[]'), /must begin with '\{'/);
  refused(file(' {}'), /must begin with '\{'/);
  refused(file('\ufeff{}'), /must begin with '\{'/);
  refused(file('{'), /expected '"'/);
  refused(file('{}}'), /expected the end/);
  refused(file('{"a"}'), /expected ':'/);
  refused(file('{"a":}'), /expected a value/);
  refused(file(`{"a":{${one}},}`, 1), /expected '"'/);
  refused(file('{"a\n":1}'), /control character/);
  refused(file('{"a\\x":1}'), /bad escape/);
  refused(file('{"a'), /unfinished string/);
  refused(file('{"a\\'), /unfinished string/);
  refused(file(`{"a":${'['.repeat(100_000)}`), /nesting deeper/);
  refused(file(`{"a":[${'0,'.repeat(2000)}0]}`), /a list of more than 1024/);
  const bytes = file('{"a":1}');
  bytes[10] = 0xff;
  refused(bytes, /not UTF-8/);
});

test('an entry with a missing or wrong member is refused', () => {
  refused(file('{"a":1}'), /tensor "a": expected an object/);
  refused(file('{"a":{}}'), /dtype must be a string/);
  refused(file('{"a":{"dtype":"F32"}}'), /shape must be a list/);
  refused(file('{"a":{"dtype":"F32","shape":[]}}'), /data_offsets must be a list/);
  refused(file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0]}}'), /must be two integers/);
  refused(file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4,4]}}', 4), /must be two integers/);
  refused(file('{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}', 4), /must hold integers/);
  refused(file('{"a":{"dtype":"F33","shape":[],"data_offsets":[0,4]}}', 4), /dtype "F33" is not supported/);
  refused(file('{"a":{"dtype":"toString","shape":[],"data_offsets":[0,4]}}', 4), /is unknown/);
  refused(file('{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}', 4), /"F8_E4M3" is not supported/);
  refused(file('{"__metadata__":{"a":1}}'), /strings only/);
  refused(file('{"__metadata__":"a"}'), /object of strings/);
});

test('numbers that are negative, fractional or beyond 2^53 - 1 are refused', () => {
  const numbers = ['-1', '-0', '1.0', '1e0', '01', '9007199254740992', '9007199254740993', '1'.repeat(400), 'NaN'];
  for (const number of numbers) {
    refused(file(`{"a":{"dtype":"U8","shape":[${number}],"data_offsets":[0,1]}}`, 1), /./);
    refused(file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,${number}]}}`, 1), /./);
    refused(file(`{"a":{"dtype":"U8","shape":[1],"data_offsets":[${number},1]}}`, 1), /./);
  }
});

test('shapes whose product overflows or does not match the bytes are refused', () => {
  const big = '9007199254740991';
  refused(file(`{"a":{"dtype":"U8","shape":[${big},${big}],"data_offsets":[0,1]}}`, 1), /more than 2\^53 - 1/);
  refused(file(`{"a":{"dtype":"U8","shape":[0,${big},2],"data_offsets":[0,0]}}`), /more than 2\^53 - 1/);
  refused(file(`{"a":{"dtype":"F64","shape":[${big}],"data_offsets":[0,8]}}`, 8), /needs 7205759403792\d+ bytes/);
  refused(file('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', 4), /needs 8 bytes, data_offsets give 4/);
  refused(file('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,4]}}', 4), /needs 0 bytes/);
  const shape = Array.from({ length: 33 }, () => 1).join(',');
  refused(file(`{"a":{"dtype":"U8","shape":[${shape}],"data_offsets":[0,1]}}`, 1), /at most 32 dimensions/);
});

test('offsets that descend, overlap, leave gaps or miss the end are refused', () => {
  const entry = (name: string, begin: number, end: number) =>
    `"${name}":{"dtype":"U8","shape":[${Math.max(0, end - begin)}],"data_offsets":[${begin},${end}]}`;
  refused(file(`{${entry('a', 2, 1)}}`, 4), /ascending/);
  refused(file(`{${entry('a', 0, 5)}}`, 4), /within 4 bytes/);
  refused(file(`{${entry('a', 0, 3)},${entry('b', 2, 4)}}`, 4), /"b" overlaps/);
  refused(file(`{${entry('a', 0, 4)},${entry('b', 0, 4)}}`, 4), /"b" overlaps/);
  refused(file(`{${entry('a', 0, 4)},${entry('b', 2, 2)}}`, 4), /"b" overlaps/);
  refused(file(`{${entry('a', 0, 1)},${entry('b', 2, 4)}}`, 4), /"b" leaves a gap/);
  refused(file(`{${entry('a', 1, 4)}}`, 4), /"a" leaves a gap/);
  refused(file(`{${entry('a', 0, 3)}}`, 4), /end at byte 3, the data have 4/);
  refused(file('{}', 4), /end at byte 0, the data have 4/);
});

test('names that occur twice are refused at every level', () => {
  refused(file(`{"a":{${one}},"a":{${one}}}`, 1), /duplicate name "a"/);
  refused(file(`{"a":{${one}},"\\u0061":{${one}}}`, 1), /duplicate name "a"/);
  refused(file(`{"a":{${one},"dtype":"U8"}}`, 1), /duplicate name "dtype"/);
  refused(file('{"__metadata__":{},"__metadata__":{}}'), /duplicate name "__metadata__"/);
  refused(file('{"__metadata__":{"x":"1","x":"2"}}'), /duplicate name "x"/);
});

test('a file that states terabytes is refused without allocating them', () => {
  const before = process.memoryUsage().arrayBuffers;
  const huge = 2 ** 42;
  refused(file(`{"a":{"dtype":"F32","shape":[${huge}],"data_offsets":[0,${huge * 4}]}}`, 64), /within 64 bytes/);
  refused(file('{}', 0, 90_000_000n), /does not fit/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test('arrays are views of the file where they are aligned and copies where not', () => {
  const pad = (header: string) => header.padEnd(Math.ceil(header.length / 8) * 8);
  const aligned = file(pad('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'), 4);
  assert.is(decodeSafetensors(aligned).tensors.get('a')!.data.buffer, aligned.buffer);
  const shifted = new Uint8Array(aligned.length + 1).subarray(1);
  shifted.set(aligned);
  shifted.set([0, 0, 128, 63], shifted.length - 4);
  assert.equal([...decodeSafetensors(shifted).tensors.get('a')!.data], [1]);
});

test('a Node Buffer at any offset and shared memory are read', () => {
  const bytes = packSafetensors(new Map([['a', { dtype: 'F64', shape: [1], data: Float64Array.of(Math.PI) }]]));
  for (let offset = 0; offset < 8; offset++) {
    const buffer = Buffer.from(new ArrayBuffer(bytes.length + offset), offset);
    buffer.set(bytes);
    assert.equal([...decodeSafetensors(buffer).tensors.get('a')!.data], [Math.PI]);
  }
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  assert.equal([...decodeSafetensors(shared).tensors.get('a')!.data], [Math.PI]);
});

test('writing is deterministic, aligned, widest elements first, then by name', () => {
  const array = (dtype: StoredDType, count: number): StoredArray => ({
    dtype,
    shape: [count],
    data: viewStored(new Uint8Array(count * storedBytes(dtype)), dtype),
  });
  const arrays: [string, StoredArray][] = [
    ['z', array('U8', 3)],
    ['b', array('F32', 3)],
    ['a', array('F32', 1)],
    ['y', array('F64', 1)],
    ['h', array('F16', 1)],
  ];
  const bytes = packSafetensors(new Map(arrays), { metadata: { k: 'v' } });
  assert.equal(bytes, packSafetensors(new Map([...arrays].reverse()), { metadata: new Map([['k', 'v']]) }));
  const { tensors } = decodeSafetensors(bytes);
  assert.equal([...tensors.keys()], ['y', 'a', 'b', 'h', 'z']);
  for (const { data } of tensors.values()) assert.is(data.buffer, bytes.buffer);
});

test('writing refuses a wrong length, the name __metadata__ and metadata that are no strings', () => {
  const good: StoredArray = { dtype: 'U8', shape: [1], data: Uint8Array.of(1) };
  assert.throws(
    () => packSafetensors(new Map([['a', { ...good, shape: [2] }]])),
    (e: Error) => e instanceof FormatError,
  );
  assert.throws(
    () => packSafetensors(new Map([['__metadata__', good]])),
    (e: Error) => e instanceof OptionError,
  );
  const metadata = { a: 1 } as unknown as Record<string, string>;
  assert.throws(
    () => packSafetensors(new Map(), { metadata }),
    (e: Error) => e instanceof OptionError,
  );
});

test('what is written is read back bit by bit', () => {
  const entry = fc
    .record({
      dtype: fc.constantFrom(...storedDTypes),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    })
    .chain(({ dtype, shape }) => {
      const bytes = shape.reduce((product, size) => product * size, 1) * storedBytes(dtype);
      return fc
        .uint8Array({ minLength: bytes, maxLength: bytes })
        .map((raw): StoredArray => ({ dtype, shape, data: viewStored(raw.slice(), dtype) }));
    });
  const name = fc.string({ unit: 'binary', maxLength: 8 }).filter((text) => text !== '__metadata__');
  const files = fc.uniqueArray(fc.tuple(name, entry), { selector: ([key]) => key, maxLength: 6 });
  const metadata = fc.dictionary(fc.string(), fc.string());
  fc.assert(
    fc.property(files, metadata, (entries, texts) => {
      const arrays = new Map(entries);
      const back = decodeSafetensors(packSafetensors(arrays, { metadata: texts }));
      assert.is(back.tensors.size, arrays.size);
      for (const [key, array] of back.tensors) {
        const sent = arrays.get(key)!;
        assert.is(array.dtype, sent.dtype);
        assert.equal([...array.shape], [...sent.shape]);
        const raw = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        assert.equal(Buffer.from(raw(array.data)).toString('hex'), Buffer.from(raw(sent.data)).toString('hex'));
      }
      assert.equal(Object.entries(back.metadata).sort(), Object.entries(texts).sort());
    }),
    { seed: 7, numRuns: 300 },
  );
});

test('stored types become tensor types by the table', () => {
  const read = (stored: StoredArray, dtype?: 'float32' | 'float64' | 'int32' | 'uint8' | 'bool') =>
    convertStored(stored, dtype === undefined ? {} : { dtype }, 'test');
  const shape = [2];
  const half: StoredArray = { dtype: 'F16', shape, data: Uint16Array.of(0x3c00, 0xfc00) };
  assert.equal(read(half), { dtype: 'float32', values: Float32Array.of(1, -Infinity) });
  assert.equal(read(half, 'float64'), { dtype: 'float64', values: Float64Array.of(1, -Infinity) });
  const brain: StoredArray = { dtype: 'BF16', shape, data: Uint16Array.of(0x3f80, 0xc000) };
  assert.equal(read(brain), { dtype: 'float32', values: Float32Array.of(1, -2) });
  const double: StoredArray = { dtype: 'F64', shape, data: Float64Array.of(0.1, 1e300) };
  assert.equal(read(double), { dtype: 'float32', values: Float32Array.of(0.1, Infinity) });
  assert.is(read(double, 'float64').values, double.data);
  const long: StoredArray = { dtype: 'I64', shape, data: BigInt64Array.of(-(2n ** 31n), 2n ** 31n - 1n) };
  assert.equal(read(long), { dtype: 'int32', values: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) });
  const byte: StoredArray = { dtype: 'I8', shape, data: Int8Array.of(-1, 127) };
  assert.equal(read(byte), { dtype: 'int32', values: Int32Array.of(-1, 127) });
  assert.equal(read(byte, 'float32'), { dtype: 'float32', values: Float32Array.of(-1, 127) });
  const flags: StoredArray = { dtype: 'BOOL', shape, data: Uint8Array.of(0, 1) };
  assert.equal(read(flags), { dtype: 'bool', values: Uint8Array.of(0, 1) });
  assert.equal(read(flags, 'float32'), { dtype: 'float32', values: Float32Array.of(0, 1) });
});

test('a value that does not fit is refused with its name and value', () => {
  const cases: [StoredArray, object, RegExp][] = [
    [{ dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 31n) }, {}, /I64 value 2147483648 at flat index 0/],
    [{ dtype: 'U64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) }, {}, /U64 value 18446744073709551615/],
    [{ dtype: 'U32', shape: [2], data: Uint32Array.of(1, 4e9) }, {}, /U32 value 4000000000 at flat index 1/],
    [{ dtype: 'I8', shape: [1], data: Int8Array.of(-1) }, { dtype: 'uint8' }, /I8 value -1/],
    [{ dtype: 'I32', shape: [1], data: Int32Array.of(2 ** 24 + 1) }, { dtype: 'float32' }, /I32 value 16777217/],
    [{ dtype: 'BOOL', shape: [1], data: Uint8Array.of(2) }, {}, /must be 0 or 1, got 2/],
  ];
  for (const [stored, options, message] of cases) {
    assert.throws(
      () => convertStored(stored, options, 'tensor "w"'),
      (error: Error) =>
        error instanceof FormatError && /^tensor "w": /.test(error.message) && message.test(error.message),
    );
  }
  const floats: StoredArray = { dtype: 'F32', shape: [1], data: Float32Array.of(1) };
  assert.throws(
    () => convertStored(floats, { dtype: 'int32' }, 'w'),
    (e: Error) => e instanceof OptionError,
  );
  const unknown = { dtype: 'float16' as 'float32' };
  assert.throws(
    () => convertStored(floats, unknown, 'w'),
    (e: Error) => e instanceof OptionError,
  );
});

test.run();
