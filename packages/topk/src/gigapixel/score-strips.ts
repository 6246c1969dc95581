/** Scores of a small picture, strip by strip while it comes in: the same numbers as of the whole. */
import { scope, type Tensor, tensor } from '@saccade/tensor';
import { type ScoreGrid, Scorer } from '../model/scorer.js';
import type { ScoreNetwork } from '../model/scorer-kinds.js';
import type { Band } from './antialiased-bands.js';

/** Rows [from, to) of scores, which see the rows [top, bottom) of the picture. */
interface Strip {
  readonly from: number;
  readonly to: number;
  readonly top: number;
  readonly bottom: number;
}

/** Which parts of the picture are scored at once. */
export interface StripPlan {
  readonly grid: ScoreGrid;
  readonly count: number;
  /** From top to bottom. */
  strip(index: number): Strip;
  /** Rows of the picture in the highest one. */
  readonly highest: number;
  /** Numbers in a row of the picture. */
  readonly rowSize: number;
  /** Bytes of the highest strip with all that the scorer makes of it, and of all scores. */
  readonly bytes: number;
}

/** Of a strip, with all that a scorer makes of it, unless that is too little for eight lines. */
const defaultLimit: number = 2 ** 25;
/** From so many lines on convolutions sum in another order. */
const leastLines = 8;

/** How many rows of scores are made at once, of so many; and what a scorer keeps for a pixel of the picture until they are done. */
interface Portion {
  readonly count: number;
  readonly numbersPerPixel: number;
}

/** Results of convolutions, and what ReLUs make of all but the last. */
function portionOf(scorer: Scorer, rows: number, width: number, limit: number): Portion {
  const outputs = scorer.convs.map(({ weight }) => weight.shape[3] as number);
  const numbersPerPixel = outputs.reduce((sum, channels) => sum + 2 * channels, -1);
  // Squeeze and excite looks at the whole picture.
  if (scorer.squeezeExcites.length > 0) return { count: 1, numbersPerPixel };
  const bytesPerRow = (scorer.inChannels + numbersPerPixel) * width * 4;
  const wanted = Math.floor((limit / bytesPerRow - 2 * scorer.convs.length) / scorer.pool);
  const least = Math.max(wanted, Math.ceil(leastLines / scorer.pool), 1);
  return { count: Math.max(1, Math.floor(rows / least)), numbersPerPixel };
}

/**
 * Plans the strips of a small picture of `height` x `width` x `channels`: one for a scorer that is no `Scorer`, or that has
 * squeeze and excite. @throws {ShapeError} if the picture is too small for the scorer
 */
export function planStrips(
  scorer: ScoreNetwork,
  height: number,
  width: number,
  channels: number,
  limit: number = defaultLimit,
): StripPlan {
  const grid = scorer.gridOf(height, width);
  const isOurs = scorer instanceof Scorer;
  const { count, numbersPerPixel } = isOurs
    ? portionOf(scorer, grid.rows, width, limit)
    : { count: 1, numbersPerPixel: 0 };
  const strip = (index: number): Strip => {
    const [from, to] = [index, index + 1].map((cut) => Math.floor((cut * grid.rows) / count)) as [number, number];
    if (!isOurs || count === 1) return { from, to, top: 0, bottom: height };
    // What is left over at the bottom is no score, but decides, too, in which order convolutions sum.
    const bottom = index === count - 1 ? height : to * scorer.pool + 2 * scorer.convs.length;
    return { from, to, top: from * scorer.pool, bottom };
  };
  const most = isOurs ? (Math.ceil(grid.rows / count) + 1) * scorer.pool + 2 * scorer.convs.length : height;
  const highest = Math.min(height, most);
  const rowSize = width * channels;
  // The strip is here and on the device.
  const bytes = 4 * highest * (2 * rowSize + numbersPerPixel * width) + 8 * grid.rows * grid.columns;
  return { grid, count, strip, highest, rowSize, bytes };
}

/**
 * Scores [rows x columns], row-major, of a picture that comes in bands.
 *
 * @param score what makes scores [1, rows, columns] of pictures [1, height, width, channels]
 * @param done told how many rows of scores there are
 */
export async function scoreBands(
  bands: AsyncIterable<Band>,
  { grid, count, strip, highest, rowSize }: StripPlan,
  channels: number,
  score: (small: Tensor) => Tensor,
  done: (rows: number) => void,
): Promise<Float32Array> {
  const held = new Float32Array(highest * rowSize);
  const scores = new Float32Array(grid.rows * grid.columns);
  let index = 0;
  let filled = 0;
  for await (const { rows, data } of bands) {
    for (let row = 0; row < rows && index < count; ) {
      const { from, to, top, bottom } = strip(index);
      const take = Math.min(bottom - top - filled, rows - row);
      held.set(data.subarray(row * rowSize, (row + take) * rowSize), filled * rowSize);
      filled += take;
      row += take;
      if (filled < bottom - top) continue;
      const shape = [1, filled, rowSize / channels, channels];
      const part = scope(() => score(tensor(held.subarray(0, filled * rowSize), { shape })));
      scores.set(await part.data(), from * grid.columns);
      part.dispose();
      index += 1;
      // The next strip sees the last of these rows too.
      const passed = strip(index).top - top;
      held.copyWithin(0, passed * rowSize, filled * rowSize);
      filled -= passed;
      done(to);
    }
  }
  return scores;
}
