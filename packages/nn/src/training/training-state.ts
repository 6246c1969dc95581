/** Where a training run stands: all that is no tensor, as check points store it. */
import { FormatError } from '@saccade/tensor';

/** What an epoch came to. */
export interface EpochRecord {
  /** From 0. */
  readonly epoch: number;
  /** Mean loss of the training examples, as they were met. */
  readonly loss: number;
  /** Means over the validation examples: `loss` and the metrics. */
  readonly validation?: Readonly<Record<string, number>> | undefined;
}

/** The best epoch so far, for early stopping. */
export interface Best {
  readonly epoch: number;
  readonly value: number;
}

/** Where a run stands. */
export interface TrainingState {
  /** Epoch that runs, from 0. */
  epoch: number;
  /** Steps done in it. */
  step: number;
  /** Sum of the losses of its examples so far. */
  lossSum: number;
  records: EpochRecord[];
  best: Best | undefined;
  /** Whether early stopping ended the run. */
  stopped: boolean;
}

/** The start of a run. */
export function newState(): TrainingState {
  return { epoch: 0, step: 0, lossSum: 0, records: [], best: undefined, stopped: false };
}

type Check = (value: unknown) => boolean;

const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isNumber: Check = (value) => typeof value === 'number' || /^(NaN|-?Infinity)$/.test(String(value));
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isBest: Check = (value) =>
  value === undefined || (isObject(value) && isCount((value as Best).epoch) && isNumber((value as Best).value));
const isRecord: Check = (value) => {
  if (!isObject(value)) return false;
  const { epoch, loss, validation } = value as EpochRecord;
  return (
    isCount(epoch) &&
    isNumber(loss) &&
    (validation === undefined || (isObject(validation) && Object.values(validation).every(isNumber)))
  );
};

const checks: Readonly<Record<keyof TrainingState, Check>> = {
  epoch: isCount,
  step: isCount,
  lossSum: isNumber,
  records: (value) => Array.isArray(value) && value.every(isRecord),
  best: isBest,
  stopped: (value) => typeof value === 'boolean',
};

/** What `JSON.stringify` is to write for a number that JSON does not have. */
export function jsonNumber(_name: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}

/** A stored state. @throws {FormatError} unless every part is of its kind */
export function parseState(value: unknown, what: string): TrainingState {
  for (const [name, check] of Object.entries(checks)) {
    if (!isObject(value) || !check((value as Record<string, unknown>)[name])) {
      throw new FormatError(`${what}: '${name}' of the training state is damaged`);
    }
  }
  const state = value as TrainingState;
  const { best } = state;
  const records = state.records.map(({ epoch, loss, validation }) => ({
    epoch,
    loss: Number(loss),
    ...(validation && {
      validation: Object.fromEntries(Object.entries(validation).map(([name, v]) => [name, Number(v)])),
    }),
  }));
  return {
    ...state,
    lossSum: Number(state.lossSum),
    records,
    best: best && { ...best, value: Number(best.value) },
  };
}
