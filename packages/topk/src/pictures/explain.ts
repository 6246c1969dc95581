/** Why a selector decided as it did about one image: classes, chosen patches, and pictures of both. */
import { inference } from '@saccade/nn';
import { checkOptions, isTensor, OptionError, ShapeError, show, softmax, type Tensor, tensor } from '@saccade/tensor';
import type { PatchSelector } from '../model/patch-selector.js';
import { type PixelBox, patchBox } from '../patches/patch-grid.js';
import type { LookedAt } from './grid-boxes.js';
import { overlaySvg } from './overlay-svg.js';
import { patchStrip, stackPictures } from './patch-strip.js';
import { type Picture, type PixelImage, requireImage } from './picture.js';
import { picturePng } from './picture-png.js';
import { type OverlayInput, type OverlayOptions, scoreOverlay } from './score-overlay.js';

/** A class and how probable the selector takes it to be. */
export interface ClassProbability {
  readonly name: string;
  readonly probability: number;
}

/** A patch that was looked at; the box is in pixels of the image and may reach beyond its edges. */
export interface ChosenPatch extends PixelBox {
  /** Position in the grid of scores, row-major. */
  readonly cell: number;
  readonly row: number;
  readonly column: number;
  readonly score: number;
}

/** What {@link explain} gives. */
export interface Explanation {
  /** All classes, the most probable first. */
  readonly classes: readonly ClassProbability[];
  /** In the order of the slots. */
  readonly patches: readonly ChosenPatch[];
  /** For `scoreOverlay`, `drawOverlay` and `overlaySvg` with other options. */
  readonly look: OverlayInput;
  /** The image with scores and patches. */
  readonly overlay: Picture;
  /** The patches side by side, with their scores. */
  readonly strip: Picture;
  /** Both, one under the other, as the bytes of a PNG. */
  png(): Promise<Uint8Array>;
  /** The overlay as the text of an SVG file. */
  svg(): Promise<string>;
}

/** Options of {@link explain}. */
export interface ExplainOptions extends OverlayOptions {
  /** Names of the classes in the order of the outputs. Default: 0, 1, … */
  readonly classes?: readonly string[] | undefined;
}

/** An image on its way into the selector, with values 0 to 1. */
function toTensor(image: PixelImage): Tensor {
  requireImage('explain', image);
  const { height, width, channels, data } = image;
  const [low, high] = image.range ?? (data instanceof Float32Array ? [0, 1] : [0, 255]);
  const values = Float32Array.from(data, (value) => (value - low) / (high - low));
  return tensor(values, { shape: [1, height, width, channels] });
}

/** The image of a tensor. */
async function toImage(images: Tensor): Promise<PixelImage> {
  if (images.rank !== 4 || images.shape[0] !== 1) {
    throw new ShapeError(`explain: expected one image [1, height, width, channels], got ${show(images.shape)}`);
  }
  const [, height, width, channels] = images.shape as readonly [number, number, number, number];
  return { height, width, channels, data: (await images.data()) as Float32Array };
}

/** The cell that each row of indicators gives the most weight. */
function strongest(indices: ArrayLike<number>, weights: ArrayLike<number>): number[] {
  const m = indices.length;
  return Array.from({ length: weights.length / m }, (_, row) => {
    let best = 0;
    for (let i = 1; i < m; i++) if (weights[row * m + i]! > weights[row * m + best]!) best = i;
    return indices[best]!;
  });
}

/** Everything that is read of one look. */
interface Read extends LookedAt {
  readonly probabilities: Float32Array;
  readonly patches: Float32Array;
  readonly patchShape: readonly number[];
}

async function readLook(selector: PatchSelector, images: Tensor): Promise<Read> {
  return inference(selector, async () => {
    const { logits, scores, selection, patches } = selector.look(images);
    const probabilities = softmax(logits);
    const chosen = strongest(await selection.indices.data<'int32'>(), await selection.weights.data());
    return {
      probabilities: await probabilities.data(),
      scores: await scores.data(),
      chosen,
      grid: selector.grid,
      patches: await patches.data(),
      patchShape: patches.shape,
    };
  });
}

function namedClasses(probabilities: Float32Array, names: readonly string[] | undefined): ClassProbability[] {
  if (names !== undefined && names.length !== probabilities.length) {
    throw new OptionError(`explain: expected ${probabilities.length} classes, got ${names.length}`);
  }
  return Array.from(probabilities, (probability, i) => ({ name: names?.[i] ?? String(i), probability })).sort(
    (a, b) => b.probability - a.probability,
  );
}

function strip({ patches, patchShape, chosen, scores }: Read): Picture {
  const [, count, height, width, channels] = patchShape as readonly [number, number, number, number, number];
  const captions = chosen.map((cell, slot) => `${slot + 1}: ${scores[cell]!.toPrecision(3)}`);
  return patchStrip({ data: patches, count, height, width, channels, captions });
}

/**
 * Shows an image to a selector, in evaluation mode, and tells what it saw: the probabilities of the classes, the chosen patches
 * with their boxes and scores, and pictures.
 *
 * @param image pixels, whose bytes become 0 to 1 (what `decodeImage` gives), or a tensor [1, height, width, channels], which stays the caller's
 * @param options `classes`: their names; `opacity`, `colors`, `maxSize`, `minSize` as of `scoreOverlay`
 * @throws {ShapeError} unless the image is of the size of the selector @throws {OptionError} for options that do not fit
 */
export async function explain(
  selector: PatchSelector,
  image: PixelImage | Tensor,
  options: ExplainOptions = {},
): Promise<Explanation> {
  const names = ['classes', 'opacity', 'colors', 'maxSize', 'minSize'] as const;
  const { classes, ...overlayOptions } = checkOptions('explain', options, names);
  const images = isTensor(image) ? (image as Tensor) : toTensor(image as PixelImage);
  try {
    const pixels = isTensor(image) ? await toImage(images) : (image as PixelImage);
    const read = await readLook(selector, images);
    const { scores, chosen, grid } = read;
    const look = { image: pixels, scores, chosen, grid };
    const [overlay, patches] = [scoreOverlay(look, overlayOptions), strip(read)];
    return {
      classes: namedClasses(read.probabilities, classes),
      patches: chosen.map((cell) => ({
        cell,
        row: Math.floor(cell / grid.columns),
        column: cell % grid.columns,
        score: scores[cell]!,
        ...patchBox(grid, cell),
      })),
      look,
      overlay,
      strip: patches,
      png: () => picturePng(stackPictures([overlay, patches])),
      svg: () => overlaySvg(look, overlayOptions),
    };
  } finally {
    if (images !== image) images.dispose();
  }
}
