/** One training run: its steps, its epochs, and where it stands. */
import { dispose, isTensor, keep, OptionError, scope, type Tensor } from '@saccade/tensor';
import type { AnyModule } from '../module.js';
import { globalNorm } from '../optimizers/clip.js';
import { breather } from './breathe.js';
import { saveCheckpoint, type Trained } from './checkpoint.js';
import { evaluate } from './evaluate.js';
import type { FitOptions, FitResult } from './fit-options.js';
import { badGradient, explainLoss, NonFiniteError, type Places } from './non-finite.js';
import { progressLine } from './progress.js';
import type { EpochRecord, TrainingState } from './training-state.js';

/** A run of `fit`. */
export class Run<B extends object> {
  readonly state: TrainingState;
  readonly #model: AnyModule;
  readonly #options: FitOptions<B>;
  readonly #trained: Trained;
  readonly #line: ReturnType<typeof progressLine> | undefined;
  readonly #breathe = breather();

  constructor(model: AnyModule, options: FitOptions<B>, trained: Trained, state: TrainingState) {
    this.#model = model;
    this.#options = options;
    this.#trained = trained;
    this.#line = options.progress ? progressLine() : undefined;
    this.state = state;
  }

  async trainEpoch(): Promise<void> {
    const { data, signal, checkpoint, onStep, epochs } = this.#options;
    const { state } = this;
    const { steps } = data;
    this.#model.train();
    for await (const batch of data.epoch(state.epoch, { from: state.step, signal })) {
      const done = await this.#step(batch);
      state.lossSum += done.loss * data.count(state.step);
      state.step += 1;
      onStep?.({ epoch: state.epoch, step: state.step, steps, ...done });
      this.#line?.show({ epoch: state.epoch, epochs, step: state.step, steps, loss: done.loss });
      if (checkpoint?.everySteps !== undefined && state.step % checkpoint.everySteps === 0) await this.save();
      await this.#breathe();
      signal?.throwIfAborted();
    }
  }

  /** One step: nothing moves unless loss and gradients are finite. */
  async #step(batch: B): Promise<{ readonly loss: number; readonly gradientNorm: number; readonly rate: number }> {
    const { optimizer, average, loss } = this.#options;
    const places = Array.from(this.#model.generators().values(), (rng) => [rng, rng.state] as const);
    return scope(async () => {
      const { value, gradients } = optimizer.gradients(() => loss(batch));
      const norm = globalNorm(gradients.values());
      const [[lossValue], [gradientNorm]] = (await Promise.all([
        (isTensor(value) ? value : value[0]).data(),
        norm.data(),
      ])) as [ArrayLike<number> & Iterable<number>, ArrayLike<number> & Iterable<number>];
      if (!Number.isFinite(lossValue)) throw await this.#lossError(lossValue as number, batch, places);
      if (!Number.isFinite(gradientNorm)) await this.#requireFinite(gradients);
      const { rate } = optimizer;
      optimizer.step(gradients);
      average?.update();
      return { loss: lossValue as number, gradientNorm: gradientNorm as number, rate };
    });
  }

  async #lossError(loss: number, batch: B, places: Places): Promise<NonFiniteError> {
    const { optimizer } = this.#options;
    const { text, where } = await explainLoss(this.#model, batch, () => this.#options.loss(batch), places);
    return new NonFiniteError(`fit: the loss is ${loss} at ${this.#place()}: ${text}`, optimizer.steps, where);
  }

  /** A norm that overflowed is no gradient that did. */
  async #requireFinite(gradients: ReadonlyMap<string, Tensor>): Promise<void> {
    const bad = await badGradient(gradients);
    if (bad === undefined) return;
    const message = `fit: the gradient by '${bad}' is not finite at ${this.#place()}, though the loss is`;
    throw new NonFiniteError(message, this.#options.optimizer.steps, bad);
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
    onEpoch?.(record);
    const values = Object.entries({ loss, ...prefixed(validation) }).map(
      ([name, value]) => `${name} ${value.toPrecision(4)}`,
    );
    this.#line?.leave(`epoch ${record.epoch + 1}/${this.#options.epochs}  ${values.join('  ')}`);
  }

  async #validate(): Promise<Record<string, number> | undefined> {
    const { validation, metrics = {}, loss, average, signal } = this.#options;
    if (validation === undefined) return undefined;
    const lossOf = (batch: B): Tensor => {
      const value = loss(batch);
      return isTensor(value) ? value : value[0];
    };
    average?.swap();
    try {
      return await evaluate(this.#model, validation, { loss: lossOf, ...metrics }, { signal });
    } finally {
      average?.swap();
    }
  }

  #watch(validation: Readonly<Record<string, number>>): void {
    const { earlyStopping } = this.#options;
    if (earlyStopping === undefined) return;
    const { metric = 'loss', mode = 'min', patience = 3, minDelta = 0, restoreBest = true } = earlyStopping;
    const { state } = this;
    const value = validation[metric];
    if (value === undefined) {
      throw new OptionError(
        `fit: early stopping watches '${metric}', but there are ${Object.keys(validation).join(', ')}`,
      );
    }
    const gain =
      state.best === undefined ? Infinity : mode === 'min' ? state.best.value - value : value - state.best.value;
    if (gain > minDelta) {
      state.best = { epoch: state.epoch, value };
      if (restoreBest) this.#keepBest();
    } else if (state.epoch - (state.best as { epoch: number }).epoch >= patience) state.stopped = true;
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

function prefixed(validation: Readonly<Record<string, number>> | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(validation ?? {}).map(([name, value]) => [`validation ${name}`, value]));
}
