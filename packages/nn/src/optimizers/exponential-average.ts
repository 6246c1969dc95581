/** A slow copy of the weights that follows the fast ones. */
import { add, assign, checkOptions, dispose, keep, mul, requireWithin, scope, sub, type Tensor } from '@saccade/tensor';
import { assignAll } from '../assign-all.js';
import { type Trainable, trainedTensors } from './trainable.js';

/** average += (1 - decay) (parameter - average), once a step. Averages of weights predict better than the last ones. */
export class ExponentialAverage {
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly decay: number;
  readonly #averages: Map<string, Tensor>;

  /** @param options.decay share of the average that stays each step, default 0.999 @throws {OptionError} unless it is in [0, 1] */
  constructor(trained: Trainable, options: { readonly decay?: number | undefined } = {}) {
    const { decay = 0.999 } = checkOptions('ExponentialAverage', options, ['decay']);
    this.decay = requireWithin('ExponentialAverage', 'decay', decay, 0, 1);
    this.parameters = trainedTensors('ExponentialAverage', trained);
    this.#averages = new Map(Array.from(this.parameters, ([name, t]) => [name, keep(t.reshape(t.shape))]));
  }

  /** Moves the averages once towards the parameters. */
  update(): void {
    for (const [name, parameter] of this.parameters) {
      const average = this.#averages.get(name) as Tensor;
      scope(() => assign(average, add(average, mul(sub(parameter, average), 1 - this.decay))));
    }
  }

  /** Exchanges parameters and averages: once before an evaluation, once behind it. */
  swap(): void {
    for (const [name, parameter] of this.parameters) {
      const average = this.#averages.get(name) as Tensor;
      scope(() => {
        const fast = parameter.reshape(parameter.shape);
        assign(parameter, average);
        assign(average, fast);
      });
    }
  }

  /** The averages by name; they belong to this object. */
  state(): Map<string, Tensor> {
    return new Map(this.#averages);
  }

  /** Takes over stored averages: all or, if something does not fit, none. @throws {StateDictError} */
  loadState(state: ReadonlyMap<string, Tensor>): void {
    assignAll('ExponentialAverage', this.#averages, state);
  }

  /** Frees the averages. */
  dispose(): void {
    dispose(this.#averages);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
