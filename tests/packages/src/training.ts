/** What fixtures/training.mjs gives, in Node and on a page. */
import * as assert from 'uvu/assert';
import { userProject } from './project.js';

/** A run; one that was stopped has neither result nor weights. */
export interface Trained {
  result?: { steps: number; bestEpoch: number };
  weights?: number[];
  /** Tensors alive at each step. */
  live: number[];
  leaked: number;
}

/** Two runs and an evaluation: results and weights, one after another and all at once. */
export interface Overlapped {
  alone: unknown[];
  together: unknown[];
  live: number[];
  leaked: number;
}

/** What fixtures/nn-esm.mjs prints. */
export interface NodeReport {
  whole: Trained;
  stopped: Trained;
  resumed: Trained;
  overlapped: Overlapped;
  readers: { image: unknown; folder: { classes: string[]; files: string[] }; digits: unknown };
}

let report: Promise<NodeReport> | undefined;

/** Runs fixtures/nn-esm.mjs, once. */
export function nodeReport(): Promise<NodeReport> {
  report ??= userProject().then(async ({ node }) => JSON.parse(await node('nn-esm.mjs')));
  return report;
}

/** The whole run went through all its steps, and no more tensors are alive in its last epoch than in its second. */
export function assertFlat({ result, live, leaked }: Trained): void {
  const perEpoch = 10;
  const most = (epoch: number): number => Math.max(...live.slice(epoch * perEpoch, (epoch + 1) * perEpoch));
  assert.is(result?.steps, 50);
  assert.is(live.length, 50);
  assert.ok(most(4) <= most(1), `tensors alive: ${live}`);
  assert.is(leaked, 0);
}

/** A run that stopped and went on ended as the whole one, bit for bit. */
export function assertResumed(whole: Trained, stopped: Trained, resumed: Trained): void {
  assert.is(stopped.result, undefined);
  assert.is(stopped.live.length, 23);
  assert.is(resumed.live.length, 27);
  assert.equal(resumed.weights, whole.weights);
  assert.equal(resumed.result, whole.result);
  assert.equal([stopped.leaked, resumed.leaked], [0, 0]);
}

/** What ran at once gave what it gave alone, and left nothing; what waited for the end of something older went with it. */
export function assertIndependent({ alone, together, live, leaked }: Overlapped): void {
  assert.equal(together, alone);
  assert.ok(Math.min(...live.slice(30)) < 200, `tensors alive: ${live}`);
  assert.is(leaked, 0);
}
