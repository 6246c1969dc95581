/** NumPy files with tensors: from memory, Blobs and the disk, and back. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError, OptionError, SaccadeError } from '@saccade/kernels';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tensor } from '../src/create.js';
import { encodeNpy, loadNpy, saveNpy } from '../src/formats/npy.js';
import { packNpy } from '../src/formats/npy-bytes.js';
import { scope } from '../src/scope.js';

/** A test that frees its tensors. */
function check(name: string, work: () => Promise<void>): void {
  test(name, () => scope(async () => work()));
}

check('a tensor written to the disk comes back the same from path and Blob', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'saccade-npy-'));
  try {
    const path = join(folder, 'a.npy');
    for (const sent of [
      tensor([
        [1, 2],
        [3, 4.5],
      ]),
      tensor(7),
      tensor(Int32Array.of(-1, 2), { dtype: 'int32' }),
      tensor(Uint8Array.of(0, 1), { dtype: 'bool' }),
      tensor(Uint8Array.of(0, 200), { dtype: 'uint8' }),
    ]) {
      await saveNpy(path, sent);
      const bytes = await readFile(path);
      assert.ok(bytes.equals(await encodeNpy(sent)));
      for (const source of [path, new Blob([bytes as BlobPart])]) {
        const got = await loadNpy(source);
        assert.is(got.dtype, sent.dtype);
        assert.equal([...got.shape], [...sent.shape]);
        assert.equal([...(await got.data())], [...(await sent.data())]);
      }
    }
    assert.equal(await readdir(folder), ['a.npy']);
  } finally {
    await rm(folder, { recursive: true });
  }
});

check('float64 and int64 become float32 and int32, within range', async () => {
  const double = await loadNpy(packNpy({ dtype: 'F64', shape: [1], data: Float64Array.of(0.1) }));
  assert.is(double.dtype, 'float32');
  assert.equal([...(await double.data())], [Math.fround(0.1)]);
  const long = packNpy({ dtype: 'I64', shape: [1], data: BigInt64Array.of(2n ** 31n) });
  await assertRejects(() => loadNpy(long), FormatError, /loadNpy: I64 value 2147483648 at flat index 0/);
});

check('bad sources are refused by name', async () => {
  await assertRejects(() => loadNpy('/no/such.npy'), SaccadeError, /\/no\/such\.npy: cannot be opened/);
  await assertRejects(() => loadNpy(null as unknown as string), OptionError, /loadNpy: expected a path/);
  await assertRejects(() => loadNpy(new Uint8Array(4)), FormatError, /loadNpy: a \.npy file begins with/);
});

test.run();
