/** Trains a network of attention to sort, looks at it meanwhile, and asks its paths in the end. */
import { inference } from '@saccade/nn';
import {
  type LengthBar,
  modelOf,
  pathContributions,
  pathCounts,
  pathEffectiveness,
  type RankReport,
  rankMonitor,
  SelfAttentionNetwork,
  sortingTask,
  type TokenTask,
  trainTask,
} from '@saccade/rank-collapse';
import { argmax, cast, dispose, equal, mean, Rng, scope } from '@saccade/tensor';

/** What can be chosen. */
export interface Choice {
  readonly skips: boolean;
  readonly layers: number;
  readonly epochs: number;
}

/** What was seen at one step. */
export interface Look {
  readonly step: number;
  /** Mean since the look before; none before the first step. */
  readonly loss: number | undefined;
  /** Share of the letters of the test sequences that are at their places. */
  readonly accuracy: number;
}

/** A run as far as it has come. */
export interface SortingRun {
  readonly choice: Choice;
  readonly reports: readonly RankReport[];
  readonly looks: readonly Look[];
  /** The accuracy of always giving the most frequent letter. */
  readonly trivial: number;
}

/** What paths do in the trained network, by length. */
export interface PathBars {
  /** Of the tokens of one sequence to its output. */
  readonly contributions: readonly LengthBar[];
  /** Accuracies of 20 paths together; none without skips, where all paths go through all layers. */
  readonly effectiveness: readonly LengthBar[];
}

/** Who is told. */
export interface Watcher {
  /** After each look, the first before training. */
  readonly onLook: (run: SortingRun) => unknown;
  /** Awaited. @param share of all that is done */
  readonly onProgress: (share: number, what: string) => unknown;
  readonly signal: AbortSignal;
}

const heads = 2;
/** An epoch has 32 steps, so that the last step is looked at too. */
const every = 16;
/** Sequences. */
const lookedAt = 8;
/** Training's share of all the time. */
const training = 0.9;

/** Starts from the same numbers each time, so that runs differ by what was chosen alone. */
export async function sortingRun(choice: Choice, watcher: Watcher): Promise<PathBars> {
  const rng = new Rng(1);
  const task = sortingTask({ rng: rng.derive(1) });
  const { skips: skip, layers: depth } = choice;
  const network = new SelfAttentionNetwork({ ...task.form, width: 48, depth, heads, skip, rng });
  try {
    await trained(network, task, choice, watcher);
    return await pathBars(network, task, watcher);
  } finally {
    dispose(task);
    network.dispose();
  }
}

async function trained(network: SelfAttentionNetwork, task: TokenTask, choice: Choice, watcher: Watcher) {
  const { onLook, onProgress, signal } = watcher;
  const looks: Look[] = [];
  let losses: number[] = [];
  const monitor = rankMonitor({
    ...{ every, samples: lookedAt },
    states: () => network.hiddenStates(task.test.inputs.at(`0:${lookedAt}`), { attention: true }),
    async onReport({ step }) {
      const loss = losses.length === 0 ? undefined : losses.reduce((sum, one) => sum + one, 0) / losses.length;
      losses = [];
      looks.push({ step, loss, accuracy: await accuracyOf(network, task) });
      onLook({ choice, reports: monitor.history, looks, trivial: task.trivial });
    },
  });
  await monitor.check();
  await trainTask(network, task, {
    ...{ epochs: choice.epochs, signal },
    async onProgress(done, event) {
      losses.push(event.loss);
      await monitor(event);
      const step = event.epoch * event.steps + event.step;
      await onProgress(
        training * done,
        `step ${step} of ${choice.epochs * event.steps}, loss ${event.loss.toFixed(3)}`,
      );
    },
  });
}

function accuracyOf(network: SelfAttentionNetwork, { test }: TokenTask): Promise<number> {
  return scope(async () => {
    const answers = inference(network, () => argmax(network.forward(test.inputs), { axis: -1 }));
    return (await mean(cast(equal(answers, test.labels), 'float32')).data<'float32'>())[0] as number;
  });
}

async function pathBars(network: SelfAttentionNetwork, task: TokenTask, { onProgress, signal }: Watcher) {
  const { skip, depth } = network.config;
  const shares = pathCounts(depth, heads).map(({ proportion }) => (skip ? { proportion } : {}));
  const contributions = await scope(async () => {
    const { sources } = await pathContributions(modelOf(network), task.test.inputs.at('0:1'), { signal });
    const { lengths } = sources.find(({ source }) => source === 'tokens')!;
    return lengths.map(({ norm }, length) => ({ length, norm, ...shares[length] }));
  });
  if (!skip) return { contributions, effectiveness: [] };
  const effectiveness = await pathEffectiveness(network, task, {
    ...{ rng: new Rng(2), paths: 20, signal },
    onProgress: (done) => onProgress(training + (1 - training) * done, 'its paths are asked'),
  });
  const bars = effectiveness.map(({ length, mean, deviation }) => ({
    length,
    norm: 100 * mean,
    error: 100 * (deviation ?? 0),
  }));
  return { contributions, effectiveness: bars };
}
