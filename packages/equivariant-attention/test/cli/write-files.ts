/** Small networks and MNIST files in a folder. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '@saccade/tensor';
import { saveGroupAttention } from '../../src/files/module-file.js';
import { GroupAttentionNet } from '../../src/network/group-attention-net.js';
import type { GroupAttentionNetOptions } from '../../src/network/net-options.js';

/** Writes a small network of random weights, for images of 8 x 8 pixels if nothing else is said. */
export async function writeNetwork(path: string, options: Partial<GroupAttentionNetOptions> = {}): Promise<void> {
  using network = new GroupAttentionNet({
    ...{ group: 'p4', size: 8, classes: 10, channels: 8, heads: 1, patch: 3, blocks: [1], rng: new Rng(1) },
    ...options,
  });
  await saveGroupAttention(path, network);
}

function idx(shape: readonly number[], values: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint32(0, 0x0800 + shape.length);
  shape.forEach((extent, i) => {
    header.setUint32(4 + 4 * i, extent);
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
}

/** Writes MNIST's four files with images of so many bars: label 0 lies, 1 stands. @returns the folder */
export function writeMnist(folder: string, count: number): string {
  mkdirSync(folder, { recursive: true });
  const bar = (i: number): number[] =>
    Array.from({ length: 784 }, (_, pixel) => {
      const place = i % 2 === 0 ? Math.floor(pixel / 28) : pixel % 28;
      return place >= 10 && place < 18 ? 255 - i : 0;
    });
  for (const part of ['train', 't10k']) {
    const images = Uint8Array.from(Array.from({ length: count }, (_, i) => bar(i)).flat());
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), idx([count, 28, 28], images));
    const labels = Uint8Array.from({ length: count }, (_, i) => i % 2);
    writeFileSync(join(folder, `${part}-labels-idx1-ubyte`), idx([count], labels));
  }
  return folder;
}
