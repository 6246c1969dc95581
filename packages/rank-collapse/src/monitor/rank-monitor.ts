/** Early warning while a transformer trains: are its tokens becoming one and the same? */
import { breather, type StepEvent } from '@saccade/nn';
import { checkOptions, OptionError, quote, requireCount, requireWithin, scope } from '@saccade/tensor';
import { type RankLevel, rankLevels } from './level.js';
import { type MonitoredGradients, type MonitoredStates, readStates } from './read-states.js';
import { type RankReport, reportOf } from './report.js';
import { type LayerStates, signalsOf } from './signals.js';

/** What to look at, how often, and whom to tell. */
export interface RankMonitorOptions {
  /**
   * A forward pass of a few texts: `() => inference(model, () => model.hiddenStates(texts, { attention: true }))`. In evaluation mode, as dropout would show in
   * the attention. Tensors that it makes are freed.
   */
  readonly states: () => MonitoredStates | Promise<MonitoredStates>;
  /** Gradients of the loss by W_Q and W_V of each layer, for the ratio of their norms. Tensors that it makes are freed. Default: not looked at. */
  readonly gradients?: (() => readonly MonitoredGradients[] | Promise<readonly MonitoredGradients[]>) | undefined;
  /** Looks at every so many steps. Default 50. */
  readonly every?: number | undefined;
  /** Texts of the batch that are looked at, from the first on; time is in proportion. Default 4. */
  readonly samples?: number | undefined;
  /** Mean entropy of attention, as a share of log tokens, below which a layer is in `entropyCollapse`. Default 0.05. */
  readonly leastEntropy?: number | undefined;
  /** Called, and awaited, with each report. */
  readonly onReport?: ((report: RankReport) => unknown) | undefined;
  /** Called, and awaited, with a report whose level is worse than that before. */
  readonly onAlarm?: ((report: RankReport) => unknown) | undefined;
}

/** Where a step of training stands; the `StepEvent` of `fit` is one. */
export type StepPlace = Pick<StepEvent, 'epoch' | 'step' | 'steps'>;

/**
 * The monitor: `fit(model, { …, onStep: monitor })`. In a loop of your own call `await monitor()` before each step. Looks at the first step that it is told of and
 * at each `every`-th; gives the report where it looked.
 */
export interface RankMonitor {
  (place?: StepPlace): Promise<RankReport | undefined>;
  /** Looks now. Before `fit`, `await monitor.check()` is step 0. @param step steps done. Default: as many as the monitor knows of */
  check(step?: number): Promise<RankReport>;
  /** All reports, the latest last. */
  readonly history: readonly RankReport[];
  /** Of the latest report; 'ok' before the first. */
  readonly level: RankLevel;
  /** Of the latest report; '' before the first. */
  readonly message: string;
}

const op = 'rankMonitor';

const names = ['states', 'gradients', 'every', 'samples', 'leastEntropy', 'onReport', 'onAlarm'] as const;

/** What changes from look to look. */
interface Latest {
  level: RankLevel;
  message: string;
}

/**
 * Watches a model for the loss of rank.
 *
 * Per layer: residual ratio, token cosine, stable and entropy rank, entropy and spectral gap of attention, and |dW_Q| / |dW_V|. The level is judged by the ratios
 * (`levelOf`); `entropyCollapse` of the report is a flag of its own. With causal attention what all tokens approach is the first of them.
 *
 * A look rejects with an OptionError for hidden states that are not finite, rows of attention that do not sum to 1 (among them those of queries that see
 * nothing), and texts of padding alone, and with a ShapeError for tensors that do not fit together.
 * @throws {OptionError} for options that make no sense
 */
export function rankMonitor(options: RankMonitorOptions): RankMonitor {
  const { states, gradients, every = 50, samples = 4, leastEntropy = 0.05 } = checkMonitor(options);
  const { onReport, onAlarm } = options;
  const history: RankReport[] = [];
  const start: Latest = { level: 'ok', message: '' };
  let steps = 0;

  const read = (): Promise<LayerStates[]> =>
    scope(async () => readStates(await states(), await gradients?.(), samples));

  async function check(step = steps): Promise<RankReport> {
    requireCount(op, 'step', step, 0);
    const pause = breather();
    const layers = [];
    for (const layer of await read()) {
      layers.push(signalsOf(layer));
      await pause();
    }
    const report = reportOf(step, layers, leastEntropy);
    const isWorse = rankLevels.indexOf(report.level) > rankLevels.indexOf(monitor.level);
    history.push(report);
    monitor.level = report.level;
    monitor.message = report.message;
    await onReport?.(report);
    if (isWorse) await onAlarm?.(report);
    return report;
  }

  async function look(place?: StepPlace): Promise<RankReport | undefined> {
    const step = place === undefined ? steps : place.epoch * place.steps + place.step;
    // Without a place it is called before a step, of which the next call then knows.
    steps = place === undefined ? step + 1 : step;
    return history.length === 0 || step % every === 0 ? check(step) : undefined;
  }

  const monitor = Object.assign(look, { check, history }, start);
  return monitor;
}

/** @throws {OptionError} */
function checkMonitor(options: RankMonitorOptions): RankMonitorOptions {
  const { states, gradients, every, samples, leastEntropy, onReport, onAlarm } = checkOptions(op, options, names);
  for (const [name, f] of Object.entries({ states, gradients, onReport, onAlarm })) {
    if (typeof f === 'function' || (f === undefined && name !== 'states')) continue;
    throw new OptionError(`${op}: ${name} must be a function, got ${quote(f)}`);
  }
  if (every !== undefined) requireCount(op, 'every', every);
  if (samples !== undefined) requireCount(op, 'samples', samples);
  if (leastEntropy !== undefined) requireWithin(op, 'leastEntropy', leastEntropy, 0, 1);
  return options;
}
