/** Generated web pages as the words that they have, of which few are of the kind to be found: sparse rows as those of w8a. */
import type { LibsvmMatrix } from '@saccade/nn';
import { Rng } from '@saccade/tensor';

/** Words of the vocabulary. */
export const words = 300;

const meanWords = 12;
const positiveShare = 0.03;
/** How unequally often words are: word j as (j + 1)^-skew. */
const skew = 0.8;
/** Deviation of the logarithm of a page's length. */
const spread = 0.9;
/** Deviation of the logarithm of how much more often a word is on the pages to be found. */
const odds = 2;

/**
 * `pages` rows of about twelve ones in 300 columns, some without any, and labels of which 3 % are 1, the others -1. Each word is on a page on
 * its own, by a rate that the word, the length of the page and the label give.
 */
export async function webPages(seed: number, pages = 20_000): Promise<LibsvmMatrix> {
  const rng = new Rng(seed);
  const often = Float64Array.from({ length: words }, (_, j) => (j + 1) ** -skew);
  const unit = meanWords / often.reduce((sum, one) => sum + one, 0);
  const chance = await rng.uniform([pages * words]).data();
  const more = (await rng.normal([words], { deviation: odds }).data()).map(Math.exp);
  const length = (await rng.normal([pages], { mean: -(spread ** 2) / 2, deviation: spread }).data()).map(Math.exp);
  const kind = await rng.uniform([pages]).data();
  const labels = kind.map((value) => (value < positiveShare ? 1 : -1));
  const rowStart = new Int32Array(pages + 1);
  const columns: number[] = [];
  for (let page = 0; page < pages; page++) {
    for (let j = 0; j < words; j++) {
      const rate = unit * length[page]! * often[j]! * (labels[page]! > 0 ? more[j]! : 1);
      if (chance[page * words + j]! < 1 - Math.exp(-rate)) columns.push(j);
    }
    rowStart[page + 1] = columns.length;
  }
  const values = new Float32Array(columns.length).fill(1);
  return { labels, rowStart, columns: Int32Array.from(columns), values, shape: [pages, words] };
}
