/** One training run: its steps, its epochs, and where it stands. */
import { dispose, keep } from '@saccade/tensor';
import type { AnyModule } from '../module.js';
import { breather } from './breathe.js';
import { saveCheckpoint, type Trained } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import { type EarlyStopping, earlyStoppingOf, type FitOptions, type FitResult, lossIn } from './fit-options.js';
import { progressLine } from './progress.js';
import { stepper } from './step.js';
import type { EpochRecord, TrainingState } from './training-state.js';

/** A run of `fit`. */
export class Run<B extends object> {
  readonly state: TrainingState;
  readonly #model: AnyModule;
  readonly #options: FitOptions<B>;
  readonly #trained: Trained;
  readonly #line: ReturnType<typeof progressLine> | undefined;
  readonly #step: ReturnType<typeof stepper<B>>;
  readonly #breathe = breather();

  constructor(model: AnyModule, options: FitOptions<B>, trained: Trained, state: TrainingState) {
    this.#model = model;
    this.#options = options;
    this.#trained = trained;
    this.#step = stepper(model, options);
    this.#line = options.progress ? progressLine() : undefined;
    this.state = state;
  }

  /** Says where a run goes on, which else looks as if nothing happened when it was over. */
  tellResumed(): void {
    const { epoch, step, stopped } = this.state;
    const { epochs, data } = this.#options;
    const over = stopped || epoch >= epochs;
    this.#line?.leave(
      over
        ? `the check point is of a run that is over, after ${epoch} epochs`
        : `goes on from epoch ${epoch + 1}/${epochs}, step ${step}/${data.steps}`,
    );
  }

  async trainEpoch(): Promise<void> {
    const { data, signal, checkpoint, onStep, epochs } = this.#options;
    const { state } = this;
    const { steps } = data;
    for await (const batch of data.epoch(state.epoch, { from: state.step, signal })) {
      const done = await this.#step(batch, this.#place());
      state.lossSum += done.loss * data.count(state.step);
      state.step += 1;
      await onStep?.({ epoch: state.epoch, step: state.step, steps, ...done });
      this.#line?.show({ epoch: state.epoch, epochs, step: state.step, steps, loss: done.loss });
      if (checkpoint?.everySteps !== undefined && state.step % checkpoint.everySteps === 0) await this.save();
      await this.#breathe();
      signal?.throwIfAborted();
    }
  }

  #place(): string {
    return `step ${this.state.step} of epoch ${this.state.epoch} (${this.#options.optimizer.steps} steps done)`;
  }

  /** Validation, record, early stopping; then the next epoch is up. */
  async closeEpoch(): Promise<void> {
    const { data, onEpoch } = this.#options;
    const { state } = this;
    const loss = state.lossSum / data.examples;
    const validation = await this.#validate();
    const record: EpochRecord = { epoch: state.epoch, loss, ...(validation && { validation }) };
    state.records = [...state.records, record];
    if (validation !== undefined) this.#watch(validation);
    state.epoch += 1;
    state.step = 0;
    state.lossSum = 0;
    const values = Object.entries({ loss, ...prefixed(validation) }).map(
      ([name, value]) => `${name} ${value.toPrecision(4)}`,
    );
    this.#line?.leave(`epoch ${record.epoch + 1}/${this.#options.epochs}  ${values.join('  ')}`);
    await onEpoch?.(record);
  }

  async #validate(): Promise<Record<string, number> | undefined> {
    const { validation, metrics = {}, loss, average, signal } = this.#options;
    if (validation === undefined) return undefined;
    average?.swap();
    try {
      return await evaluate(this.#model, validation, { loss: (batch) => lossIn(loss(batch)), ...metrics }, { signal });
    } finally {
      average?.swap();
    }
  }

  #watch(validation: Readonly<Record<string, number>>): void {
    const { earlyStopping } = this.#options;
    if (earlyStopping === undefined) return;
    const { metric, patience, restoreBest } = earlyStoppingOf(earlyStopping);
    const { state } = this;
    const value = validation[metric] as number;
    if (state.best === undefined || isBetter(value, state.best.value, earlyStopping)) {
      state.best = { epoch: state.epoch, value };
      if (restoreBest) this.#keepBest();
    } else if (state.epoch - state.best.epoch >= patience) state.stopped = true;
  }

  /** The averages are what was validated, so they are what is kept. */
  #keepBest(): void {
    const { average } = this.#options;
    dispose(this.#trained.best);
    average?.swap();
    this.#trained.best = keep(this.#model.stateDict());
    average?.swap();
  }

  restoreBest(): void {
    const { best } = this.#trained;
    if (best !== undefined) this.#model.loadStateDict(best);
  }

  async save(): Promise<void> {
    const { checkpoint } = this.#options;
    if (checkpoint !== undefined) await saveCheckpoint(checkpoint.to, this.#trained, this.state);
  }

  result(): FitResult {
    const { records, stopped, best } = this.state;
    return { epochs: records, steps: this.#options.optimizer.steps, stoppedEarly: stopped, bestEpoch: best?.epoch };
  }
}

/** Any number is better than NaN. */
function isBetter(value: number, best: number, options: EarlyStopping): boolean {
  const { mode, minDelta } = earlyStoppingOf(options);
  if (Number.isNaN(best)) return !Number.isNaN(value);
  return (mode === 'min' ? best - value : value - best) > minDelta;
}

function prefixed(validation: Readonly<Record<string, number>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(validation ?? {}).map(([name, value]) => [`validation ${name}`, value]));
}
