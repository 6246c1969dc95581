/** How many bytes the pixels of a PNG take before compression, interlaced in seven passes (Adam7) or not. */

/** First column and line of each pass, and the steps to the next. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/**
 * Bytes of all lines, each with its filter byte.
 *
 * @param bits bits of a pixel
 */
export function pngBytes(width: number, height: number, bits: number, interlaced: boolean): number {
  const passes = interlaced ? adam7 : [[0, 0, 1, 1] as const];
  return passes.reduce((total, [x, y, stepX, stepY]) => {
    const columns = Math.max(0, Math.ceil((width - x) / stepX));
    const rows = columns === 0 ? 0 : Math.max(0, Math.ceil((height - y) / stepY));
    return total + rows * (1 + Math.ceil((columns * bits) / 8));
  }, 0);
}
