/** What the tests of the readers share: seeded chance, sources cut at random, damage, and a guard for typed errors. */
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SaccadeError } from '@saccade/tensor';

/** Whole numbers in [0, limit). */
export type Random = (limit: number) => number;

/** A small seeded generator (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(text));

/** A Blob that streams its bytes in pieces of random length up to `longest`, some of them empty. */
export class CutBlob extends Blob {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  readonly #random: Random;
  readonly #longest: number;
  cancelled = false;

  constructor(bytes: Uint8Array, random: Random, longest = 7) {
    const own = new Uint8Array(bytes);
    super([own]);
    this.#bytes = own;
    this.#random = random;
    this.#longest = longest;
  }

  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> & NodeJS.ReadableStream {
    let at = 0;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull: (controller) => {
        if (at >= this.#bytes.length) return controller.close();
        const end = at + this.#random(this.#longest + 1);
        controller.enqueue(this.#bytes.slice(at, end));
        at = end;
      },
      cancel: () => {
        this.cancelled = true;
      },
    });
    return stream as ReadableStream<Uint8Array<ArrayBuffer>> & NodeJS.ReadableStream;
  }
}

/** Some bytes flipped, the end cut off, or something added. */
export function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const out = new Uint8Array(bytes);
  switch (random(4)) {
    case 0:
      return out.slice(0, random(out.length + 1));
    case 1:
      return Uint8Array.from([...out, ...Array.from({ length: 1 + random(9) }, () => random(256))]);
    default:
      for (let flips = 1 + random(4); flips > 0 && out.length > 0; flips--) out[random(out.length)]! ^= 1 << random(8);
      return out;
  }
}

/** True if the reader succeeded, false if it threw a typed error; any other error fails the test. */
export async function survives(read: () => Promise<unknown>, file: Uint8Array): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof SaccadeError) return false;
    throw new Error(
      `no typed error: ${String(error)}; file: ${Buffer.from(file.subarray(0, 400)).toString('latin1')}`,
      {
        cause: error,
      },
    );
  }
}

/** All that an asynchronous sequence gives. */
export async function collect<T>(sequence: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of sequence) all.push(item);
  return all;
}

/** Throws if `body` left more than so many bytes of array buffers behind or in the garbage. */
export async function assertModest(megabytes: number, body: () => Promise<void>): Promise<void> {
  const before = process.memoryUsage().arrayBuffers;
  await body();
  const grown = process.memoryUsage().arrayBuffers - before;
  if (grown > megabytes * 1e6) throw new Error(`array buffers grew by ${grown} bytes`);
}

const here = dirname(fileURLToPath(import.meta.url));

/** A place among the data sets that stand outside of the repository. */
export function dataPath(name: string): string {
  return resolve(process.env.SACCADE_DATA ?? resolve(here, '../../../../../shared/data'), name);
}
