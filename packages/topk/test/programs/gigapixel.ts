/**
 * Classifies a generated image and prints what it took, as JSON. Arguments: side of the image, where pixels come from
 * (`mean`, `resize`: windows of the generated image; `png`: a file that is written first), and the folder for the file.
 */
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { memory, Rng } from '@saccade/tensor';
import { type BilliardImage, billiardImage } from '../../src/data/billiard.js';
import { tilesFromFile } from '../../src/gigapixel/file-source.js';
import { tilesFromGenerated } from '../../src/gigapixel/image-source.js';
import { selectFromTiles } from '../../src/gigapixel/select-from-tiles.js';
import type { OpenTileSource, TileSource } from '../../src/gigapixel/tile-source.js';
import { PatchSelector } from '../../src/model/patch-selector.js';
import { pngStream } from '../gigapixel/png-stream.js';

const [side = '20000', kind = 'mean', folder = '.'] = process.argv.slice(2);
const size = Number(side);
const radius = Math.max(6, Math.floor((size * 120) / 20_000));
const image = billiardImage({ seed: 7, height: size, width: size, radius }, 0);

/** Bytes of memory that the process has had at most. */
const peak = (): number => 1024 * process.resourceUsage().maxRSS;

async function writePng(path: string, from: BilliardImage): Promise<void> {
  const rows = function* () {
    const step = Math.min(50, size);
    for (let top = 0; top < size; top += step) {
      const height = Math.min(step, size - top);
      yield from.window({ top, left: 0, height, width: size }).data;
    }
  };
  await pipeline(pngStream({ width: size, height: size, channels: 3 }, rows()), createWriteStream(path));
}

const path = join(folder, 'billiard.png');
async function open(): Promise<TileSource | OpenTileSource> {
  if (kind !== 'png') return tilesFromGenerated(image, { thumbnail: kind as 'mean' });
  await writePng(path, image);
  return tilesFromFile(path);
}

const source = await open();
const atStart = peak();
const selector = new PatchSelector({
  height: size,
  width: size,
  classes: 10,
  patches: 5,
  patchSize: 100,
  downscale: Math.max(1, Math.floor(size / 1000)),
  rng: new Rng(1),
});
const begin = performance.now();
const look = await selectFromTiles(source, selector);
const seconds = (performance.now() - begin) / 1000;
const fileBytes = kind === 'png' ? (await stat(path)).size : 0;
if ('close' in source) await source.close();
if (kind === 'png') await rm(path);
console.log(
  JSON.stringify({
    logits: Array.from(look.logits.dataSync()),
    chosen: look.chosen.map(({ box }) => [box.top, box.left]),
    planned: look.memory.planned,
    device: look.memory.device,
    inUse: memory().bytes,
    peakBefore: atStart,
    peak: peak(),
    fileBytes,
    seconds,
  }),
);
