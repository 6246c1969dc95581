/** Generated dense rows whose entries become smaller from the first to the last, with labels of a noisy plane: as the data set epsilon. */
import { type LinearData, unitRows } from '@saccade/sparse-sgd';
import { Rng } from '@saccade/tensor';

/** Rows of length 1 of entries N(0, 1) / sqrt(j), and labels sign(6 a.w + 0.5 N) of a plane w ~ N(0, 1). */
export async function denseRows(seed: number, rows: number, features: number): Promise<LinearData> {
  const rng = new Rng(seed);
  const normal = await rng.normal([rows * features]).data();
  const plane = await rng.normal([features]).data();
  const noise = await rng.normal([rows]).data();
  const shape = [rows, features] as const;
  const entries = normal.map((value, i) => value / Math.sqrt(1 + (i % features)));
  const { values } = unitRows({ values: entries, labels: noise, shape });
  const labels = noise.map((value, row) => {
    let side = 0;
    for (let j = 0; j < features; j++) side += values[row * features + j]! * plane[j]!;
    return 6 * side + 0.5 * value > 0 ? 1 : -1;
  });
  return { values, labels, shape };
}
