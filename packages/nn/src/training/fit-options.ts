/** What `fit` takes and gives. */
import { checkOptions, isTensor, OptionError, quote, requireCount, requireFrom, type Tensor } from '@saccade/tensor';
import type { Batches } from '../batches.js';
import { requireModule } from '../check.js';
import type { AnyModule } from '../module.js';
import { ExponentialAverage } from '../optimizers/exponential-average.js';
import { Optimizer } from '../optimizers/optimizer.js';
import type { StepTaker } from '../optimizers/step-taker.js';
import { type CheckpointTarget, requireCheckpointTarget } from './checkpoint-store.js';
import type { Metrics } from './evaluate.js';
import type { EpochRecord } from './training-state.js';

/** When to stop before the last epoch. */
export interface EarlyStopping {
  /** Which mean over the validation examples is watched. Default 'loss'. */
  readonly metric?: string | undefined;
  /** Whether lower ('min', default) or higher ('max') is better. */
  readonly mode?: 'min' | 'max' | undefined;
  /** Epochs without a better one that are waited for. Default 3. */
  readonly patience?: number | undefined;
  /** What counts as better: by more than this. Default 0. */
  readonly minDelta?: number | undefined;
  /** Sets the model back to its best epoch at the end. Default true. */
  readonly restoreBest?: boolean | undefined;
}

/** Where and when to save. */
export interface CheckpointOptions {
  /** A path (in Node) or a store. */
  readonly to: CheckpointTarget;
  /** Also saves every so many steps. Default: at the end of each epoch, and when the run is aborted. */
  readonly everySteps?: number | undefined;
  /** Goes on from what is there. Default true. */
  readonly resume?: boolean | undefined;
}

/** A step that was done. */
export interface StepEvent {
  /** From 0. */
  readonly epoch: number;
  /** Steps done in this epoch, and those that it has. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  /** Length of all gradients together, before any clipping. */
  readonly gradientNorm: number;
  readonly rate: number;
}

/** A mean loss: one number, or an array that begins with it. */
type LossValue = Tensor | readonly [Tensor, ...unknown[]];

/** The loss itself. */
export function lossIn(value: LossValue): Tensor {
  return isTensor(value) ? value : value[0];
}

/** What to train, on what, and how long. */
export interface FitOptions<B extends object> {
  /** The examples, as `batches` gives them. */
  readonly data: Batches<B>;
  /** The mean loss of a batch: one number, or an array that begins with it. */
  readonly loss: (batch: B) => LossValue;
  /** Moves the parameters: an `Optimizer` or another `StepTaker`. */
  readonly optimizer: StepTaker;
  /** Passes over the data. */
  readonly epochs: number;
  /** Examples to look at after each epoch. Default: none. */
  readonly validation?: Batches<B> | undefined;
  /** What to measure on them beside the loss. Default: nothing. */
  readonly metrics?: Metrics<B> | undefined;
  /** Follows the parameters and stands in for them in the validation. Default: none. */
  readonly average?: ExponentialAverage | undefined;
  /** Ends the run once the validation gets no better. Default: never. */
  readonly earlyStopping?: EarlyStopping | undefined;
  /** Saves the run, and goes on from what was saved. Default: neither. */
  readonly checkpoint?: CheckpointOptions | undefined;
  /** Shows a line on the terminal, where there is one. Default false. */
  readonly progress?: boolean | undefined;
  /** Called after each step, and awaited. */
  readonly onStep?: ((event: StepEvent) => unknown) | undefined;
  /** Called after each epoch, and awaited. */
  readonly onEpoch?: ((record: EpochRecord) => unknown) | undefined;
  /** Ends the run between two steps, after a check point if there is a place for one. */
  readonly signal?: AbortSignal | undefined;
}

/** What a run came to. */
export interface FitResult {
  readonly epochs: readonly EpochRecord[];
  /** Steps over all epochs. */
  readonly steps: number;
  /** Whether early stopping ended it. */
  readonly stoppedEarly: boolean;
  /** The best epoch, where early stopping watched. */
  readonly bestEpoch: number | undefined;
}

const names = [
  'data',
  'loss',
  'optimizer',
  'epochs',
  'validation',
  'metrics',
  'average',
  'earlyStopping',
  'checkpoint',
  'progress',
  'onStep',
  'onEpoch',
  'signal',
] as const;

/** @throws {OptionError} */
export function checkFit<B extends object>(model: AnyModule, options: FitOptions<B>): void {
  requireModule('fit', model);
  const { data, loss, epochs, optimizer, validation, metrics, average, earlyStopping, checkpoint } = checkOptions(
    'fit',
    options,
    names,
  );
  requireCount('fit', 'epochs', epochs);
  for (const [name, f] of Object.entries({ loss, onStep: options.onStep, onEpoch: options.onEpoch, ...metrics })) {
    if (typeof f !== 'function' && (f !== undefined || name === 'loss')) {
      throw new OptionError(`fit: ${name} must be a function, got ${quote(f)}`);
    }
  }
  for (const [name, given] of Object.entries({ data, validation })) {
    if (typeof given?.epoch === 'function' || (given === undefined && name === 'validation')) continue;
    throw new OptionError(`fit: ${name} must come from batches(…), got ${quote(given)}`);
  }
  requireTrains(model, optimizer);
  if (average !== undefined && !(average instanceof ExponentialAverage)) {
    throw new OptionError(`fit: average must be an ExponentialAverage, got ${quote(average)}`);
  }
  if (validation === undefined && (earlyStopping !== undefined || metrics !== undefined)) {
    throw new OptionError('fit: metrics and early stopping need validation data');
  }
  if (metrics !== undefined && 'loss' in metrics)
    throw new OptionError("fit: 'loss' is measured anyway, name the metric otherwise");
  if (earlyStopping !== undefined) checkEarlyStopping(earlyStopping, ['loss', ...Object.keys(metrics ?? {})]);
  if (checkpoint !== undefined) {
    checkOptions('fit', checkpoint, ['to', 'everySteps', 'resume']);
    requireCheckpointTarget('fit', checkpoint.to);
    if (!(optimizer instanceof Optimizer)) {
      throw new OptionError(
        'fit: a check point holds an optimizer of @saccade/nn; this one is saved by its own package',
      );
    }
    if (checkpoint.everySteps !== undefined) requireCount('fit', 'everySteps', checkpoint.everySteps);
  }
}

/** @throws {OptionError} unless it is an optimizer that trains something of the model */
function requireTrains(model: AnyModule, optimizer: StepTaker): void {
  const { parameters, gradients, step } = Object(optimizer) as Partial<StepTaker>;
  if (!(parameters instanceof Map) || typeof gradients !== 'function' || typeof step !== 'function') {
    throw new OptionError(`fit: expected an optimizer, got ${quote(optimizer)}`);
  }
  const own = new Set(model.parameters().values());
  if ([...parameters.values()].some((t) => own.has(t))) return;
  throw new OptionError("fit: the optimizer trains none of this model's parameters");
}

/** The options with their defaults. */
export function earlyStoppingOf(
  options: EarlyStopping,
): Required<{ [K in keyof EarlyStopping]: NonNullable<EarlyStopping[K]> }> {
  const { metric = 'loss', mode = 'min', patience = 3, minDelta = 0, restoreBest = true } = options;
  return { metric, mode, patience, minDelta, restoreBest };
}

function checkEarlyStopping(watched: EarlyStopping, known: readonly string[]): void {
  const { metric, mode, patience, minDelta } = earlyStoppingOf(watched);
  checkOptions('fit', watched, ['metric', 'mode', 'patience', 'minDelta', 'restoreBest']);
  if (!known.includes(metric)) {
    throw new OptionError(`fit: early stopping watches ${quote(metric)}, but there are ${known.join(', ')}`);
  }
  if (mode !== 'min' && mode !== 'max') throw new OptionError(`fit: mode must be 'min' or 'max', got ${quote(mode)}`);
  requireCount('fit', 'patience', patience, 0);
  requireFrom('fit', 'minDelta', minDelta);
}
