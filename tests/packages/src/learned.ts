/** What fixtures/sparse-sgd/learn.js gives: a worker's part of a job. */
import * as assert from 'uvu/assert';

/** How a worker ended. */
export interface Learned {
  readonly rank: number;
  readonly size: number;
  readonly turns: number;
  /** Bytes that it sent, of those of all gradients. */
  readonly share: number;
  readonly dropped: number;
  readonly missed: number;
  /** Of the bits of all parameters. */
  readonly checksum: string;
  readonly accuracy: number;
}

/** All workers took all turns, end with the same parameters, bit for bit, and read digits, most of which each of them never saw. */
export function assertLearned(workers: readonly Learned[], turns: number): void {
  const size = workers.length;
  const { checksum } = workers[0]!;
  const ranks = workers.map(({ rank }) => rank).sort();
  assert.equal(ranks, [...ranks.keys()]);
  for (const { rank, share, accuracy, ...rest } of workers) {
    assert.equal(rest, { size, turns, dropped: 0, missed: 0, checksum });
    assert.ok(share < 0.06, `worker ${rank} sent ${share}`);
    assert.ok(accuracy > 0.8, `worker ${rank}: accuracy ${accuracy}`);
  }
}
