/** From a dropped file to all that the page shows of it. */
import {
  type OpenTileSource,
  type PatchGrid,
  type PixelBox,
  type PixelImage,
  selectFromTiles,
  type TileLook,
  tilesFromBlob,
  tilesFromImage,
} from '@saccade/topk';
import type { Model } from './model.js';
import { type Size, shrink } from './shrink.js';

/** At full resolution, or made as small as the images of the training. */
export type LookScale = 'full' | 'whole';

/** A patch that was looked at. */
export interface SeenPatch {
  /** In pixels of the file; may reach beyond its edges. */
  readonly box: PixelBox;
  readonly score: number;
  readonly pixels: PixelImage;
}

/** What was seen. */
export interface Seen {
  readonly height: number;
  readonly width: number;
  /** The image, made as small as it is shown. */
  readonly picture: PixelImage;
  readonly scores: Float32Array;
  /** Of the scores, in pixels of the picture. */
  readonly grid: PatchGrid;
  readonly patches: readonly SeenPatch[];
  readonly probabilities: readonly number[];
  readonly milliseconds: number;
  readonly memory: TileLook['memory'];
}

/** How looking is asked for, and watched. */
export interface LookOptions {
  readonly scale: LookScale;
  readonly signal: AbortSignal;
  readonly onProgress: (what: string, share: number) => void;
}

/** The longest side of the picture on the page. */
const shownSide = 1024;

/** The size with sides that are `factor` times as long. */
function scaled([height, width]: Size, factor: number): Size {
  return [Math.max(1, Math.round(height * factor)), Math.max(1, Math.round(width * factor))];
}

/** Lengths of a grid in pixels of a picture of another size. */
function scaledGrid(grid: PatchGrid, [height, width]: Size): PatchGrid {
  const [y, x] = [height / grid.height, width / grid.width];
  return {
    ...{ height, width, rows: grid.rows, columns: grid.columns, patchSize: grid.patchSize * y },
    ...{ strideY: grid.strideY * y, padTop: grid.padTop * y, padBottom: grid.padBottom * y },
    ...{ strideX: grid.strideX * x, padLeft: grid.padLeft * x, padRight: grid.padRight * x },
  };
}

function scaledBox({ top, left, bottom, right }: PixelBox, y: number, x: number): PixelBox {
  return { top: top * y, left: left * x, bottom: bottom * y, right: right * x };
}

/** What is read of a look, which is then given back. */
async function readLook(look: TileLook, { selector }: Model) {
  const { logits, scores, selection, patches, thumbnail } = look;
  try {
    const [, , height, width, channels] = patches.shape as readonly [number, number, number, number, number];
    const values = (await patches.data()) as Float32Array;
    const size = height * width * channels;
    const range = [0, 255 * (selector.config.scale ?? 1 / 255)] as const;
    const pixels = look.chosen.map((_, i): PixelImage => {
      return { height, width, channels, range, data: values.slice(i * size, (i + 1) * size) };
    });
    return { scores: Float32Array.from((await scores.data()) as Float32Array), pixels };
  } finally {
    for (const part of [logits, scores, selection, patches, thumbnail]) part?.dispose();
  }
}

/** One distribution, also where the aggregation keeps one for each patch: their mean. */
function meanDistribution(probabilities: readonly number[], classes: number): number[] {
  const tokens = probabilities.length / classes;
  const mean = new Array<number>(classes).fill(0);
  for (const [i, probability] of probabilities.entries()) mean[i % classes]! += probability / tokens;
  return mean;
}

async function lookAtTiles(tiles: OpenTileSource, model: Model, options: LookOptions): Promise<Seen> {
  const { scale, signal, onProgress } = options;
  const { selector } = model;
  const begin = performance.now();
  const size: Size = [tiles.height, tiles.width];
  const shown = scaled(size, Math.min(1, shownSide / Math.max(...size)));
  const { config } = selector;
  // The shorter side as in the training, so that no patch is cut short.
  const whole = scaled(size, Math.max(config.height / size[0], config.width / size[1]));
  const [picture, small] = (await shrink(tiles, scale === 'whole' ? [shown, whole] : [shown], {
    signal,
    onProgress: (share) => onProgress('reads the image', share),
  })) as [PixelImage, PixelImage?];
  const look = await selectFromTiles(small === undefined ? tiles : tilesFromImage(small), selector, {
    signal,
    onProgress: ({ stage, done, total }) =>
      onProgress(stage === 'scores' ? 'looks for patches' : 'reads patches', done / total),
  });
  const { scores, pixels } = await readLook(look, model);
  const { grid, chosen, memory } = look;
  return {
    ...{ height: size[0], width: size[1], picture, scores, memory },
    probabilities: meanDistribution(look.probabilities, config.classes),
    grid: scaledGrid(grid, shown),
    patches: chosen.map(({ box, score }, i) => ({
      box: scaledBox(box, size[0] / grid.height, size[1] / grid.width),
      score,
      pixels: pixels[i]!,
    })),
    milliseconds: performance.now() - begin,
  };
}

/** Looks at an image file. @throws {Error} for what is no image, and for one that this selector cannot look at */
export async function lookAt(blob: Blob, model: Model, options: LookOptions): Promise<Seen> {
  const tiles = await tilesFromBlob(blob, { signal: options.signal });
  try {
    return await lookAtTiles(tiles, model, options);
  } finally {
    await tiles.close();
  }
}
