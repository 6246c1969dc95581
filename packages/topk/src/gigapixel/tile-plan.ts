/** How a large image is looked at: sizes, grid and memory, known and checked before the first pixel is read. */
import { OptionError, ShapeError } from '@saccade/tensor';
import type { PatchSelector } from '../model/patch-selector.js';
import { gridFor } from '../model/selector-parts.js';
import type { PatchGrid } from '../patches/patch-grid.js';
import { type BandPlan, planBands } from './band-plan.js';
import { planStrips, type StripPlan } from './score-strips.js';
import type { TileMemory } from './tile-look.js';
import type { TileReader } from './tile-reader.js';

/** The plan of a run. */
export interface TilePlan {
  readonly grid: PatchGrid;
  /** Of the small picture. */
  readonly height: number;
  readonly width: number;
  /** What the small picture is made from: the image, or a smaller version of it; undefined where the source has the picture. */
  readonly origin: TileReader | undefined;
  readonly bands: BandPlan;
  readonly strips: StripPlan;
  readonly memory: Omit<TileMemory, 'device'>;
}

const op = 'selectFromTiles';

/** @throws {OptionError} for a selector that cannot look at an image of this size */
function requireGrid(selector: PatchSelector, grid: PatchGrid): void {
  const { config, grid: own, normalization, aggregation } = selector;
  if (config.patches > grid.rows * grid.columns) {
    throw new OptionError(
      `${op}: patches must be at most ${grid.rows * grid.columns}, the cells of a grid of ${grid.rows} x ${grid.columns}, ` +
        `got ${config.patches}: choose a smaller downscale`,
    );
  }
  const isSameGrid = grid.rows === own.rows && grid.columns === own.columns;
  const isSameSize = grid.height === own.height && grid.width === own.width;
  const { tokens } = aggregation as { readonly tokens?: { readonly position?: unknown } };
  const learned = [
    ...(tokens?.position !== undefined && !isSameGrid ? ['aggregation with positions'] : []),
    ...(normalization.norms.length > 0 && !isSameGrid ? ['normalisation with layernorm'] : []),
    ...(config.appendPosition && !(isSameGrid && isSameSize) ? ['appendPosition'] : []),
  ];
  if (learned.length === 0) return;
  throw new OptionError(
    `${op}: the selector's ${learned.join(' and ')} belongs to ${own.rows} x ${own.columns} places of an image of ` +
      `${own.height} x ${own.width}; one of ${grid.height} x ${grid.width} has ${grid.rows} x ${grid.columns}: ` +
      (learned.includes('appendPosition')
        ? 'train it with such images'
        : 'choose a downscale that gives the same places'),
  );
}

/**
 * Plans a run. @throws {OptionError} for a selector that cannot look at an image of this size, and for a plan above
 * `maxBytes` @throws {ShapeError} for an image that is too small
 */
export function planTiles(
  selector: PatchSelector,
  reader: TileReader,
  downscale: number,
  maxBytes: number,
  keepThumbnail: boolean,
): TilePlan {
  const { scorer, config } = selector;
  const { height, width } = reader;
  const { channels, patches: k, patchSize, inferenceMethod } = config;
  if (inferenceMethod === 'random') {
    throw new OptionError(`${op}: the selector chooses at random (inferenceMethod), which needs no scores`);
  }
  const size = [Math.floor(height / downscale), Math.floor(width / downscale)] as const;
  if (size[0] < 1 || size[1] < 1) {
    throw new ShapeError(`${op}: an image of ${height} x ${width} is too small for a downscale of ${downscale}`);
  }
  const grid = gridFor({ ...config, height, width, downscale }, scorer);
  requireGrid(selector, grid);
  const strips = planStrips(scorer, ...size, channels);
  const origin = reader.hasThumbnail ? undefined : reader.overview(...size);
  const bands = planBands(origin ?? reader, size);
  const picture = 4 * size[0] * size[1] * channels;
  // Bytes or numbers are not known yet: bands are planned for bytes, of which there are more in the world.
  const thumbnail = (origin === undefined ? 3 * picture : bands.bytes(1)) + (keepThumbnail ? picture : 0);
  // As they come, here, on the device and scaled there; and where they are from.
  const patches = 4 * k * (4 * patchSize ** 2 * channels + 2 * grid.rows * grid.columns);
  const planned = thumbnail + strips.bytes + patches;
  if (planned > maxBytes) {
    throw new OptionError(
      `${op}: an image of ${height} x ${width} at downscale ${downscale} needs ${planned} bytes (${thumbnail} for the small ` +
        `picture, ${strips.bytes} for scores, ${patches} for patches), more than maxBytes, ${maxBytes}; a larger downscale needs less`,
    );
  }
  const memory = { thumbnail, scores: strips.bytes, patches, planned };
  return { grid, height: size[0], width: size[1], origin, bands, strips, memory };
}
