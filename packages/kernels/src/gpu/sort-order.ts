/**
 * The order of the elements of rows. No thread can write where it pleases, so nothing is moved to its place: a rank says how
 * many of its block come before an element, and then each place looks for the element of its rank. Longer rows merge such
 * blocks, each place finding by bisection what comes there.
 */
import type { GpuBuffer } from './buffer.js';
import type { Plan } from './plan.js';

/** Comparisons that ranking may take in all: blocks are the smaller the more there is to sort. */
const COMPARISONS = 2 ** 23;
const SMALLEST_BLOCK = 16;
const LARGEST_BLOCK = 512;
/** So many first elements are selected from blocks of at least four times their number; more by sorting the row. */
const FEW = 64;

/** Length of the blocks that elements are ranked in: a power of 2. */
function blockFor(elements: number): number {
  const block = 2 ** Math.floor(Math.log2(COMPARISONS / Math.max(1, elements)));
  return Math.max(SMALLEST_BLOCK, Math.min(LARGEST_BLOCK, block));
}

/** Rows to sort. */
export interface Rows {
  readonly x: GpuBuffer;
  readonly rows: number;
  readonly size: number;
  readonly descending: boolean;
}

/** Indices of elements within their rows; in each row's `length` of them the first ones are in order. */
export interface Order {
  readonly indices: GpuBuffer;
  readonly length: number;
}

/** Whether value `a` comes strictly before value `b`; equals keep their order. */
const before = (a: string, b: string, descending: boolean): string =>
  descending ? `comesBefore(${b}, ${a})` : `comesBefore(${a}, ${b})`;

/** Counts for each candidate of a row (each element, at first) how many of its block come before it. */
function rank(plan: Plan, { x, rows, size, descending }: Rows, from: Order | undefined, block: number): GpuBuffer {
  const length = from?.length ?? size;
  const value = (at: string): string =>
    from ? `x[int(row) * size + int(indices[int(row) * length + int(${at})])]` : `x[int(row) * size + int(${at})]`;
  const ranks = plan.scratch(rows * length);
  plan.run({
    name: `sortRank${from ? 'Candidates' : 'Elements'}${descending ? 'Down' : 'Up'}`,
    body: `
      const row = quotient(#x, length);
      const at = remainder(#x, length);
      const start = quotient(remainder(#x, length), block) * block;
      const own = ${value('at')};
      let rank = 0.0;
      for (let i = 0; i < block; i++) {
        const other = start + i;
        if (other < length && other !== at) {
          const value = ${value('other')};
          if (other < at) {
            if (!${before('own', 'value', descending)}) { rank += 1; }
          } else {
            if (${before('value', 'own', descending)}) { rank += 1; }
          }
        }
      }
      return rank;`,
    inputs: from ? { x, indices: from.indices } : { x },
    sizes: { length, size, block },
    grid: [rows * length],
    out: ranks,
  });
  return ranks;
}

/** Orders each block of candidates and keeps the first `keep` of each. */
function orderBlocks(plan: Plan, rows: Rows, from: Order | undefined, block: number, keep: number): Order {
  const length = from?.length ?? rows.size;
  const blocks = Math.ceil(length / block);
  const kept = (blocks - 1) * keep + Math.min(keep, length - (blocks - 1) * block);
  const ranks = rank(plan, rows, from, block);
  const indices = plan.scratch(rows.rows * kept, 'int32');
  plan.run({
    name: `sortPlace${from ? 'Candidates' : 'Elements'}`,
    body: `
      const row = quotient(#x, kept);
      const start = quotient(remainder(#x, kept), keep) * block;
      const wanted = remainder(remainder(#x, kept), keep);
      let found = 0.0;
      for (let i = 0; i < block; i++) {
        if (ranks[int(row) * length + int(start) + i] === wanted) {
          found = start + i;
          break;
        }
      }
      return ${from ? 'indices[int(row) * length + int(found)]' : 'found'};`,
    inputs: from ? { ranks, indices: from.indices } : { ranks },
    sizes: { length, block, keep, kept },
    grid: [rows.rows * kept],
    out: indices,
  });
  return { indices, length: kept };
}

/** One of the four places of a thread: the next of the left run, or of the right one if that comes before it. */
const takeNext = (lane: number, descending: boolean): string => `
  let next${lane} = start + left;
  let isLeft${lane} = 1.0;
  if (left >= leftSize) { isLeft${lane} = 0; }
  if (left < leftSize && right < rightSize) {
    if (${before('x[int(row) * size + int(indices[int(row) * length + int(start + run + right)])]', 'x[int(row) * size + int(indices[int(row) * length + int(start + left)])]', descending)}) {
      isLeft${lane} = 0;
    }
  }
  if (isLeft${lane} > 0) { left += 1; } else { next${lane} = start + run + right; right += 1; }`;

/**
 * Merges runs two by two. What comes to the places from `at` on is known once it is known how many of those before are of
 * the left run: the largest number that leaves none of the right run's rest before the last of them.
 */
function merge(plan: Plan, { x, rows, size, descending }: Rows, { indices, length }: Order, run: number): void {
  const value = (at: string): string => `x[int(row) * size + int(indices[int(row) * length + int(${at})])]`;
  plan.run({
    name: `sortMerge${descending ? 'Down' : 'Up'}`,
    body: `
      const row = quotient(#x, quads);
      const at = 4 * remainder(#x, quads);
      const start = Math.floor(at * perPair) * 2 * run;
      const leftSize = Math.min(run, size - start);
      const rightSize = Math.max(0, Math.min(run, size - start - run));
      let left = Math.max(0, at - start - rightSize);
      let most = Math.min(at - start, leftSize);
      for (let step = 0; step < 25; step++) {
        if (left >= most) { break; }
        const middle = Math.floor((left + most) * 0.5);
        const mine = ${value('start + middle')};
        const theirs = ${value('at + run - middle - 1')};
        if (${before('theirs', 'mine', descending)}) { most = middle; } else { left = middle + 1; }
      }
      let right = at - start - left;
      ${[0, 1, 2, 3].map((lane) => takeNext(lane, descending)).join('\n')}
      return [${[0, 1, 2, 3].map((lane) => `indices[int(row) * length + int(next${lane})]`).join(', ')}];`,
    inputs: { x, indices },
    sizes: { size, length, quads: length / 4 },
    // Not a size: those are constants on WebGL2, and each run would be a new kernel.
    numbers: { run, perPair: 0.5 / run },
    grid: [(rows * length) / 4],
    width: 4,
    out: indices,
  });
}

/** Room for 4 places a thread: rows made longer by places that no element comes to. */
function padded(plan: Plan, { rows, size }: Rows, { indices }: Order): Order {
  const length = Math.ceil(size / 4) * 4;
  if (length === size) return { indices, length };
  const wider = plan.scratch(rows * length, 'int32');
  plan.run({
    name: 'sortPad',
    body: 'return indices[quotient(#x, length) * size + int(Math.min(remainder(#x, length), size - 1))];',
    inputs: { indices },
    sizes: { size, length },
    grid: [rows * length],
    out: wider,
  });
  return { indices: wider, length };
}

/** Sorts runs of each row: of length `longest`, a power of 2, or the whole row. */
function sortRuns(plan: Plan, rows: Rows, longest: number): Order {
  const { size } = rows;
  const block = blockFor(rows.rows * size);
  if (size <= block) return orderBlocks(plan, rows, undefined, block, Math.max(1, size));
  const order = padded(plan, rows, orderBlocks(plan, rows, undefined, block, block));
  for (let run = block; run < Math.min(size, longest); run *= 2) merge(plan, rows, order, run);
  return order;
}

/** The first `keep` of each run. */
function firstOfRuns(plan: Plan, { rows, size }: Rows, { indices, length }: Order, run: number, keep: number): Order {
  const full = Math.floor(size / run);
  const kept = full * keep + Math.min(keep, size - full * run);
  const out = plan.scratch(rows * kept, 'int32');
  plan.run({
    name: 'sortFirstOfRuns',
    body: `
      const at = remainder(#x, kept);
      return indices[quotient(#x, kept) * length + quotient(at, keep) * run + remainder(at, keep)];`,
    inputs: { indices },
    sizes: { length, run, keep, kept },
    grid: [rows * kept],
    out,
  });
  return { indices: out, length: kept };
}

/** Plans the order of whole rows. */
export function orderRows(plan: Plan, rows: Rows): Order {
  return sortRuns(plan, rows, Number.POSITIVE_INFINITY);
}

/** Plans the order of the first `k` of each row: of ever fewer candidates, the first ones of each block. */
export function orderFirst(plan: Plan, rows: Rows, k: number): Order {
  if (k > FEW || k === rows.size) return orderRows(plan, rows);
  let smallest = 4;
  while (smallest < 4 * k) smallest *= 2;
  let order: Order | undefined;
  if (blockFor(rows.rows * rows.size) < smallest && smallest < rows.size) {
    order = firstOfRuns(plan, rows, sortRuns(plan, rows, smallest), smallest, k);
  }
  for (;;) {
    const length = order?.length ?? rows.size;
    const block = Math.max(smallest, blockFor(rows.rows * length));
    order = orderBlocks(plan, rows, order, block, k);
    if (length <= block) return order;
  }
}
