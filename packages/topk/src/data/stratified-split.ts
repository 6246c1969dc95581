/** A part of labelled examples set aside so that both parts hold every class in the same share. */
import { Rng } from '@saccade/tensor';

/**
 * Rows in two parts, each in order: of every class a share, drawn at random, is kept apart, but never its last row.
 * @param share in [0, 1)
 */
export function stratifiedSplit(
  labels: Int32Array,
  share: number,
  seed: number,
): { readonly rest: Int32Array; readonly kept: Int32Array } {
  const rng = new Rng(seed);
  const isKept = new Uint8Array(labels.length);
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const rows = [...labels.keys()].filter((row) => labels[row] === label);
    const count = Math.min(rows.length - 1, Math.round(share * rows.length));
    for (let i = 0; i < count; i++) {
      const j = i + Math.floor(rng.number() * (rows.length - i));
      [rows[i], rows[j]] = [rows[j]!, rows[i]!];
      isKept[rows[i]!] = 1;
    }
  }
  const where = (kept: number): Int32Array => Int32Array.from(labels.keys()).filter((row) => isKept[row] === kept);
  return { rest: where(0), kept: where(1) };
}
