/** Where data sets stand, and files that look like theirs. */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

/** The folder of a data set that stands outside of the repository; undefined, and told in one line, where there is none. */
export function dataFolder(name: string): string | undefined {
  const path = resolve(process.env.SACCADE_DATA ?? resolve(here, '../../../../../shared/data'), name);
  if (existsSync(path)) return path;
  console.log(`${path} is not there: left out`);
  return undefined;
}

/** An IDX file of bytes. */
export function idx(shape: readonly number[], value: (i: number) => number): Uint8Array<ArrayBuffer> {
  const start = 4 + 4 * shape.length;
  const count = shape.reduce((product, n) => product * n, 1);
  const view = new DataView(new ArrayBuffer(start + count));
  view.setUint8(2, 8);
  view.setUint8(3, shape.length);
  for (const [axis, extent] of shape.entries()) view.setUint32(4 + 4 * axis, extent);
  for (let i = 0; i < count; i++) view.setUint8(start + i, value(i));
  return new Uint8Array(view.buffer);
}
