/** Rows of .npy files as a stream of tensors, held against the reader of whole files. */
import { gzipSync } from 'node:zlib';
import { encodeNpy, FormatError, loadNpy, memory, OptionError, scope, tensor } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type NpyRowsOptions, npyRows } from '../../src/data/npy-rows.js';
import { assertModest, bytesOf, CutBlob, damaged, seeded, survives } from './support.js';

const random = seeded(18);

/** A .npy file with any header. */
function npy(header: string, data: Uint8Array = new Uint8Array(0), version = 1): Uint8Array {
  const text = bytesOf(`${header}\n`);
  const length = version === 1 ? [text.length & 255, text.length >> 8] : [text.length & 255, text.length >> 8, 0, 0];
  return Uint8Array.from([0x93, ...bytesOf('NUMPY'), version, 0, ...length, ...text, ...data]);
}

const dict = (descr: string, shape: string, fortran = 'False'): string =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`;

interface Read {
  readonly shapes: number[][];
  readonly values: number[];
  readonly dtypes: string[];
}

/** All batches; a test that leaks fails. */
async function read(source: Uint8Array | Blob, options: NpyRowsOptions = {}): Promise<Read> {
  const before = memory().tensors;
  const result: Read = { shapes: [], values: [], dtypes: [] };
  try {
    await scope(async () => {
      for await (const rows of npyRows(source, options)) {
        result.shapes.push([...rows.shape]);
        result.dtypes.push(rows.dtype);
        result.values.push(...(await rows.data()));
      }
    });
  } finally {
    assert.is(memory().tensors, before);
  }
  return result;
}

test('rows come in order in tensors of at most batch rows', async () => {
  const file = npy(dict('<f4', '(3, 2)'), new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer));
  for (const source of [file, new CutBlob(file, random), gzipSync(file)]) {
    const { shapes, values } = await read(source, { batch: 2 });
    assert.equal(shapes, [
      [2, 2],
      [1, 2],
    ]);
    assert.equal(values, [1, 2, 3, 4, 5, 6]);
  }
});

test('types, byte orders, versions and one axis are as for loadNpy', async () => {
  const big = Uint8Array.of(0, 1, 1, 0, 255, 255);
  assert.equal(await read(npy(dict('>i2', '(3,)'), big)), { shapes: [[3]], values: [1, 256, -1], dtypes: ['int32'] });
  assert.equal((await read(npy(dict('>i2', '(3,)', 'True'), big, 2), { dtype: 'float32' })).dtypes, ['float32']);
  assert.equal((await read(npy(`{"shape":(3L,2),"descr":"|u1",'fortran_order':False}`, big, 3))).shapes, [[3, 2]]);
  assert.equal((await read(npy(dict('<f4', '(0, 7)')))).shapes, []);
});

test('bad options are refused', async () => {
  assertThrows(
    () => npyRows('a.npy', { batch: 0 }),
    OptionError,
    /^npyRows: batch must be a whole number from 1, got 0/,
  );
  const floats = npy(dict('<f4', '(1,)'), new Uint8Array(4));
  await assertRejects(() => read(floats, { dtype: 'int32' }), OptionError, /rows 0 to 0: F32 can be read as float32/);
  await assertRejects(() => read(floats, { signal: AbortSignal.abort(new Error('enough')) }), Error, /enough/);
});

test('files that break the format are refused, with file and rows', async () => {
  const refuse = (file: Uint8Array, problem: RegExp) =>
    assertRejects(() => read(file, { batch: 2 }), FormatError, problem);
  await refuse(bytesOf('not a numpy file'), /^npyRows: a \.npy file begins with/);
  await refuse(npy(dict('<f4', '()'), new Uint8Array(4)), /expected an array with rows, got a single number/);
  await refuse(npy(dict('<f4', '(2 3)')), /^npyRows: expected ',' at "3\), \}\\n" in the header$/);
  await refuse(npy(dict('<f4', '(3)')), /^npyRows: expected ','/);
  await refuse(npy(dict('|O', '(3,)')), /pickled Python objects are never read/);
  await refuse(npy(dict('<f4', '(3, 2)', 'True'), new Uint8Array(24)), /got column-major order; use loadNpy/);
  await refuse(npy(dict('<f4', '(3, 0)')), /expected rows with elements/);
  await refuse(npy(dict('<f4', '(9007199254740991, 2)')), /more than 2\^53 - 1 elements/);
  await refuse(npy(dict('|u1', '(3, 2)'), new Uint8Array(5)), /byte \d+: expected 1 more bytes of rows of shape \[2\]/);
  await refuse(npy(dict('|u1', '(3, 2)'), new Uint8Array(7)), /byte \d+: expected the end of the file, got more/);
  await refuse(
    npy(dict('|b1', '(3, 1)'), Uint8Array.of(0, 1, 2)),
    /^npyRows, rows 2 to 2: a BOOL byte must be 0 or 1, got 2/,
  );
  const long = npy(dict('<u4', '(1,)'), new Uint8Array(Uint32Array.of(2 ** 32 - 1).buffer));
  await refuse(long, /^npyRows, rows 0 to 0: U32 value 4294967295 at flat index 0 does not fit int32/);
  const wide = Uint8Array.of(...npy('').subarray(0, 6), 2, 0, 255, 255, 255, 255);
  await refuse(wide, /header of 4294967295 bytes is above 65536/);
});

test('headers made to be searched for long are refused where they first go wrong', async () => {
  for (const [junk, problem] of [
    [
      `{'shape': (${'1'.repeat(65_000)}`,
      /^npyRows: expected a non-negative integer below 10\^16 at "1{40}" in the header$/,
    ],
    [
      `{'shape': (1`.repeat(5000),
      /^npyRows: expected ',' at "\{'shape': \(1\{'shape': \(1\{'shape': \(1\{'sh" in the header$/,
    ],
    [`'shape'${' '.repeat(65_000)}`, /^npyRows: expected '\{' at "'shape' {33}" in the header$/],
  ] as const) {
    await assertRejects(() => read(npy(junk)), FormatError, problem);
  }
});

test('counts that the file does not hold take no memory', async () => {
  await assertModest(20, async () => {
    const file = npy(dict('<f8', '(1000000000, 100000)'), new Uint8Array(100));
    await assertRejects(() => read(file, { batch: 1e9 }), FormatError, /got the end of the file/);
  });
});

test('random arrays are read as loadNpy reads them, cut anywhere', async () => {
  const extents = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      extents,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom('float32', 'int32', 'uint8'),
      async (shape, batch, dtype) => {
        const count = shape.reduce((product, n) => product * n, 1);
        await scope(async () => {
          const file = await encodeNpy(
            tensor(
              Float32Array.from({ length: count }, () => random(256)),
              { shape, dtype: dtype as 'uint8' },
            ),
          );
          const whole = await loadNpy(file);
          const { values, shapes } = await read(new CutBlob(file, random, 90), { batch });
          assert.equal(values, [...(await whole.data())]);
          assert.is(shapes.length, Math.ceil(shape[0]! / batch));
        });
      },
    ),
    { seed: 11, numRuns: 150 },
  );
});

test('400 damaged files end in tensors or a typed error, and leave none behind', async () => {
  const whole = npy(dict('<i4', '(3, 2)'), new Uint8Array(24));
  let refused = 0;
  for (let run = 0; run < 400; run++) {
    const file = damaged(random, whole);
    if (!(await survives(() => read(file, { batch: 2 }), file))) refused++;
  }
  assert.ok(refused > 150, `only ${refused} refused`);
});

test('stopping early closes the file', async () => {
  const blob = new CutBlob(npy(dict('|u1', '(90,)'), new Uint8Array(90)), random);
  await scope(async () => {
    for await (const _ of npyRows(blob, { batch: 1 })) break;
  });
  assert.ok(blob.cancelled);
});

test('headers as Python 2 wrote them, and version 2.0, are read', async () => {
  const dict = "{'descr': '<f4', 'fortran_order': False, 'shape': (3L, 2L), }\n";
  for (const version of [1, 2]) {
    const length = version === 1 ? [dict.length, 0] : [dict.length, 0, 0, 0];
    const head = Uint8Array.of(0x93, ...Buffer.from('NUMPY'), version, 0, ...length, ...Buffer.from(dict));
    const file = Buffer.concat([head, new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]);
    const seen: number[][] = [];
    for await (const rows of npyRows(file, { batch: 2 })) {
      seen.push([...(await rows.data())]);
      rows.dispose();
    }
    assert.equal(seen, [[1, 2, 3, 4], [5, 6]]); // biome-ignore format: rows
  }
});

test.run();
