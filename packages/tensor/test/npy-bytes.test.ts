/** The byte layer of NumPy files: versions, byte orders, axis orders, bad headers, round trips. */
import { FormatError, OptionError } from '@saccade/kernels';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeNpy, packNpy } from '../src/formats/npy-bytes.js';
import { type StoredArray, type StoredDType, storedBytes, viewStored } from '../src/formats/stored.js';

/** A file of this version with this header dict and these data. */
function file(dict: string, data: readonly number[] = [], version = 1): Uint8Array {
  const head = [0x93, ...Buffer.from('NUMPY'), version, 0];
  const length = dict.length;
  const size = version === 1 ? [length & 255, length >> 8] : [length & 255, (length >> 8) & 255, length >> 16, 0];
  return Uint8Array.from([...head, ...size, ...Buffer.from(dict, 'latin1'), ...data]);
}

const dict = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

function refused(bytes: Uint8Array, message: RegExp): void {
  assert.throws(
    () => decodeNpy(bytes, 'test'),
    (error: Error) => error instanceof FormatError && /^test: /.test(error.message) && message.test(error.message),
  );
}

test('a file that NumPy wrote is read', () => {
  // The layout of numpy.save: the dict padded with spaces and a newline to a multiple of 64 bytes.
  const header = `${dict('<i2', '(2, 3)').trimEnd().padEnd(117)}\n`;
  const { dtype, shape, data } = decodeNpy(file(header, [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]));
  assert.is(dtype, 'I16');
  assert.equal([...shape], [2, 3]);
  assert.equal([...(data as Int16Array)], [0, 1, 2, 3, 4, 5]);
});

test('versions 1, 2 and 3, both quotes, Python 2 longs and scalars are read', () => {
  for (const version of [1, 2, 3]) assert.equal([...decodeNpy(file(dict('|u1', '(1,)'), [7], version)).data], [7]);
  assert.equal([...decodeNpy(file('{"shape":(1L,),"descr":"|b1","fortran_order":False}', [1])).data], [1]);
  const scalar = decodeNpy(file(dict('<f4', '()'), [0, 0, 128, 63]));
  assert.equal([...scalar.shape], []);
  assert.equal([...scalar.data], [1]);
  assert.is(decodeNpy(file(dict('<f8', '(3, 0)'))).data.length, 0);
});

test('big-endian elements are turned round', () => {
  assert.equal([...decodeNpy(file(dict('>f4', '(1,)'), [63, 128, 0, 0])).data], [1]);
  assert.equal([...decodeNpy(file(dict('>i8', '(1,)'), [0, 0, 0, 0, 0, 0, 1, 2])).data], [258n]);
});

test('column-major arrays come out row-major', () => {
  const { shape, data } = decodeNpy(file(dict('|u1', '(2, 3)', 'True'), [0, 10, 1, 11, 2, 12]));
  assert.equal([...shape], [2, 3]);
  assert.equal([...data], [0, 1, 2, 10, 11, 12]);
  const cube = Array.from({ length: 24 }, (_, i) => i);
  const turned = decodeNpy(file(dict('|u1', '(2, 3, 4)', 'True'), cube)).data;
  const expected: number[] = [];
  for (let i = 0; i < 2; i++) for (let j = 0; j < 3; j++) for (let k = 0; k < 4; k++) expected.push(i + 2 * j + 6 * k);
  assert.equal([...turned], expected);
  assert.is(decodeNpy(file(dict('|u1', '(2, 0)', 'True'))).data.length, 0);
});

test('a file that is no .npy, too short, or of another version is refused', () => {
  refused(new Uint8Array(0), /begins with/);
  refused(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0, 0, 0), /begins with/);
  refused(file('', [], 4), /version must be 1.0, 2.0 or 3.0, got 4.0/);
  refused(file(dict('|u1', '(1,)'), [7], 2).slice(0, 11), /within its header/);
  refused(file(dict('|u1', '(1,)'), [7]).slice(0, 20), /does not fit/);
  const long = file(dict('|u1', '(1,)'), [7], 2);
  new DataView(long.buffer).setUint32(8, 2 ** 32 - 1, true);
  refused(long, /header of 4294967295 bytes/);
});

test('a header that is no plain dict of the three names is refused', () => {
  refused(file('[]'), /expected '\{'/);
  refused(file(`{'descr': '|u1'}`), /must hold descr, fortran_order and shape/);
  refused(file(`{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': 1}`, [1]), /expected a string, True/);
  refused(file(`{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'x': True}`, [1]), /must hold/);
  refused(file(`{'descr': '|u1', 'descr': '|u1'}`), /duplicate name descr/);
  refused(file(`{'descr': __import__('os').system('x')}`), /expected a string/);
  refused(file(dict('|u1', '(1)'), [1]), /expected ','/);
  refused(file(dict('|u1', '(-1,)'), [1]), /non-negative integer/);
  refused(file(dict('|u1', '(1.0,)'), [1]), /non-negative integer/);
  refused(file(dict('|u1', '(1 2)'), [1]), /expected ','/);
  refused(file(dict('|u1', '1'), [1]), /expected a string/);
  refused(file(dict('|u1', '(1,', 'False'), [1]), /expected/);
  refused(file(`${dict('|u1', '(1,)')}x`, [1]), /expected the end/);
  refused(file(dict('|u1', `(${'1,'.repeat(33)})`), [1]), /more than 32/);
  refused(file(`{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}`), /structured/);
});

test('objects, strings, complex numbers and unclear byte orders are refused', () => {
  for (const descr of ['|O', '<U3', '|S4', '<c8', '<f16', '=f4', '|f4', 'f4', '<M8[ns]', '|V3', '', '<toString']) {
    refused(file(dict(descr, '(1,)'), [0, 0, 0, 0]), /unknown or not supported/);
  }
});

test('sizes that do not match or state terabytes are refused', () => {
  refused(file(dict('<f4', '(2,)'), [0, 0, 0, 0]), /needs 8 bytes, the file has 4/);
  refused(file(dict('|u1', '(1,)'), [1, 2]), /needs 1 bytes, the file has 2/);
  refused(file(dict('<f8', '(1099511627776, 8)')), /needs 70368744177664 bytes/);
  refused(file(dict('<f8', '(9007199254740991, 9007199254740991)')), /more than 2\^53 - 1/);
  refused(file(dict('<f8', '(9007199254740993,)')), /integer in \[0, 2\^53 - 1\]/);
  refused(file(dict('<f8', `(${'9'.repeat(400)},)`)), /below 10\^16/);
});

test('what is written is read back bit by bit, aligned to 64 bytes', () => {
  const dtypes: StoredDType[] = ['F64', 'F32', 'F16', 'I64', 'U64', 'I32', 'U32', 'I16', 'U16', 'I8', 'U8', 'BOOL'];
  const arrays = fc
    .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }) })
    .chain(({ dtype, shape }) => {
      const bytes = shape.reduce((product, size) => product * size, 1) * storedBytes(dtype);
      return fc
        .uint8Array({ minLength: bytes, maxLength: bytes })
        .map((raw): StoredArray => ({ dtype, shape, data: viewStored(raw.slice(), dtype) }));
    });
  fc.assert(
    fc.property(arrays, (array) => {
      const bytes = packNpy(array);
      assert.is((bytes.length - array.data.byteLength) % 64, 0);
      const back = decodeNpy(bytes);
      assert.is(back.dtype, array.dtype);
      assert.equal([...back.shape], [...array.shape]);
      const raw = ({ data }: StoredArray) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
      assert.is(raw(back), raw(array));
    }),
    { seed: 11, numRuns: 300 },
  );
});

test('BF16 and a wrong length cannot be written', () => {
  const brain: StoredArray = { dtype: 'BF16', shape: [1], data: Uint16Array.of(1) };
  assert.throws(
    () => packNpy(brain),
    (error: Error) => error instanceof OptionError,
  );
  const short: StoredArray = { dtype: 'U8', shape: [2], data: Uint8Array.of(1) };
  assert.throws(
    () => packNpy(short),
    (error: Error) => error instanceof FormatError,
  );
});

test.run();
