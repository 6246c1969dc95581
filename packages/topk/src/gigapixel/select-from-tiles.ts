/** Classifying an image that is too large to decode whole: a small picture of it, and the chosen patches at full resolution. */
import { inference } from '@saccade/nn';
import {
  checkOptions,
  memory,
  OptionError,
  quote,
  requireCount,
  reshape,
  scope,
  softmax,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { choosePatches } from '../model/choose-patches.js';
import { PatchSelector } from '../model/patch-selector.js';
import { warnOnce } from '../operator/warn-once.js';
import { type PatchGrid, patchBox } from '../patches/patch-grid.js';
import { fetchPatches } from './chosen-patches.js';
import { scoreBands } from './score-strips.js';
import { copied, smallPicture } from './small-picture.js';
import type { TileLook } from './tile-look.js';
import { planTiles, type TilePlan } from './tile-plan.js';
import { TileReader } from './tile-reader.js';
import type { TileSource } from './tile-source.js';

/** How far a run is: rows of scores that are there, patches that have been read, then the logits. */
export interface TileProgress {
  readonly stage: 'scores' | 'patches' | 'logits';
  readonly done: number;
  readonly total: number;
}

/** Options of {@link selectFromTiles}. */
export interface SelectFromTilesOptions {
  /** How many times smaller the picture is in which patches are looked for. Default: the selector's, from its training. */
  readonly downscale?: number | undefined;
  /** Multiplies pixels. Default: the selector's, else 1 / 255 for bytes and 1 for other numbers. */
  readonly scale?: number | undefined;
  /** Bytes above which a run is refused before anything is read, of what `memory.planned` counts. Default: 2^30. */
  readonly maxBytes?: number | undefined;
  /** Whether the result has the small picture too. Default: false. */
  readonly keepThumbnail?: boolean | undefined;
  /** Stops the run with its reason. Sources get it too. */
  readonly signal?: AbortSignal | undefined;
  /** Told how far the run is. What it throws ends the run. */
  readonly onProgress?: ((progress: TileProgress) => void) | undefined;
}

const op = 'selectFromTiles';
const names = ['downscale', 'scale', 'maxBytes', 'keepThumbnail', 'signal', 'onProgress'] as const;

/** @throws {OptionError} */
function check(selector: PatchSelector, options: SelectFromTilesOptions): void {
  checkOptions(op, options, names);
  if (!(selector instanceof PatchSelector)) {
    throw new OptionError(`${op}: selector must be a PatchSelector, got ${quote(selector)}`);
  }
  const { downscale = 1, scale = 1, maxBytes = 1, onProgress } = options;
  requireCount(op, 'downscale', downscale, 1, 2 ** 26);
  requireCount(op, 'maxBytes', maxBytes, 1, Number.MAX_SAFE_INTEGER);
  if (!Number.isFinite(scale)) throw new OptionError(`${op}: scale must be a number, got ${quote(scale)}`);
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw new OptionError(`${op}: onProgress must be a function, got ${quote(onProgress)}`);
  }
}

/** The scores of all places, normalised, and which of them are chosen. */
function choose(selector: PatchSelector, raw: Float32Array, { rows, columns }: PatchGrid) {
  const { config, rng, normalization } = selector;
  return inference(selector, () => {
    const scores = normalization.forward(tensor(raw, { shape: [1, rows * columns] }));
    const one = tensor(1);
    const selection = choosePatches(scores, { ...config, inferenceMethod: 'hard' }, false, one, rng);
    return { scores: reshape(scores, [1, rows, columns]), selection };
  });
}

/**
 * What a selector makes of an image of which only windows are read: its scorer sees the image made small, the k places with
 * the highest scores are chosen for good, and only their patches are fetched at full resolution. Where the source makes no small picture of
 * its own, the result is that of `selector.look(image)` in evaluation. The image may have another size than those of the training, unless the selector
 * has learned something about each place; then train it with `align: 'receptive-field'`, for cells that divide the image evenly lie elsewhere
 * under a score in an image of another size.
 *
 * @param source how to get at the pixels: `tilesFromFile`, `tilesFromBlob`, `tilesFromGeoTiff`, `tilesFromImage`,
 *   `tilesFromGenerated`, or an object with `height`, `width` and `getTile`; it is not closed
 * @throws {OptionError} for options out of range, a selector that cannot look at an image of this size, and a run that
 *   needs more than `maxBytes` @throws {ShapeError} for an image that is too small
 * @throws {SaccadeError} naming the tile, where a source fails or gives other pixels than it was asked for
 */
export async function selectFromTiles(
  source: TileSource,
  selector: PatchSelector,
  options: SelectFromTilesOptions = {},
): Promise<TileLook> {
  check(selector, options);
  const { config, scorer } = selector;
  const { downscale = config.downscale, scale = config.scale, maxBytes = 2 ** 30, signal } = options;
  const { keepThumbnail = false, onProgress } = options;
  const isOther = source?.height !== config.height || source?.width !== config.width;
  if (config.align === 'cell' && isOther) {
    warnOnce(
      `${op}: in an image of another size than ${config.height} x ${config.width}, patches may lie beside what was scored; ` +
        "train the selector with align: 'receptive-field'",
    );
  }
  const reader = new TileReader(op, source, config.channels, signal);
  const plan = planTiles(selector, reader, downscale, maxBytes, keepThumbnail);
  const { grid, strips } = plan;
  const report = (stage: TileProgress['stage'], total: number) => (done: number) =>
    onProgress?.({ stage, done, total });

  const picture = keepThumbnail ? new Float32Array(plan.height * plan.width * config.channels) : undefined;
  const bands = smallPicture(reader, plan, scale);
  const raw = await scoreBands(
    picture === undefined ? bands : copied(bands, picture),
    strips,
    config.channels,
    (small) => inference(selector, () => scorer.forward(small)),
    report('scores', grid.rows),
  );
  signal?.throwIfAborted();
  const made: { dispose(): void }[] = [];
  try {
    const { scores, selection } = choose(selector, raw, grid);
    made.push(scores, selection);
    const cells = Array.from(await selection.indices.data());
    const patches = await fetchPatches(reader, cells, grid, scale, report('patches', cells.length));
    made.push(patches);
    signal?.throwIfAborted();
    const logits = inference(selector, () => selector.classify(patches, selection.toDense()));
    made.push(logits);
    report('logits', 1)(1);
    const values = await scores.data();
    return {
      logits,
      probabilities: await probabilitiesOf(logits),
      scores,
      selection,
      patches,
      chosen: cells.map((cell) => ({
        row: Math.floor(cell / grid.columns),
        column: cell % grid.columns,
        score: values[cell] as number,
        box: patchBox(grid, cell),
      })),
      grid,
      ...(picture === undefined ? {} : { thumbnail: thumbnailOf(picture, plan, config.channels) }),
      memory: { ...plan.memory, device: memory().reserved },
    };
  } catch (error) {
    for (const part of made) part.dispose();
    throw error;
  }
}

async function probabilitiesOf(logits: Tensor): Promise<number[]> {
  const probabilities = scope(() => softmax(logits));
  const values = Array.from(await probabilities.data());
  probabilities.dispose();
  return values;
}

function thumbnailOf(picture: Float32Array, { height, width }: TilePlan, channels: number): Tensor {
  return tensor(picture, { shape: [1, height, width, channels] });
}
