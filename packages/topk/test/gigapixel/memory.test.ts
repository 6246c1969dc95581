/** How much memory a large image takes, in processes of their own. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

interface Result {
  readonly logits: readonly number[];
  readonly planned: number;
  readonly device: number;
  readonly peak: number;
}

/** Runs the program with the same loaders as the tests. */
async function classify(side: number, kind: string, folder = '.'): Promise<Result> {
  const program = fileURLToPath(new URL('../programs/gigapixel.ts', import.meta.url));
  const args = [...process.execArgv, program, `${side}`, kind, folder];
  return JSON.parse((await promisify(execFile)(process.execPath, args)).stdout);
}

const megabyte = 1e6;

test('an image of 20,000 x 20,000 is classified in less than 300 MB', async () => {
  const { peak, planned, logits } = await classify(20_000, 'mean');
  assert.ok(peak < 300 * megabyte, `${peak} bytes at most, of which ${planned} planned`);
  assert.ok(logits.every(Number.isFinite));
});

test('a PNG file gives what its pixels give', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tiles-'));
  try {
    const [file, pixels] = await Promise.all([classify(1000, 'png', folder), classify(1000, 'resize')]);
    assert.equal(file.logits, pixels.logits);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.run();
