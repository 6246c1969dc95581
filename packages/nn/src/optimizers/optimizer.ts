/** What every optimizer is: parameters by name, what it remembers of each, and the step. */
import {
  assign,
  dispose,
  keep,
  OptionError,
  ShapeError,
  scope,
  type Tensor,
  valueAndGradOf,
  zerosLike,
} from '@saccade/tensor';
import { requireWithin } from '../check.js';
import { clipByGlobalNorm } from './clip.js';
import { rateAt, type Schedule } from './schedules.js';
import { type Trainable, trainedTensors } from './trainable.js';

/** Options of all optimizers. */
export interface OptimizerOptions {
  /** How far a step goes: a number, or a schedule. */
  readonly rate: number | Schedule;
  /** Scales gradients down together when their global norm is larger. Default: never. */
  readonly clipNorm?: number | undefined;
  /** Shrinks parameters by rate decay each step, apart from the gradient (Loshchilov and Hutter 2019). Default 0. */
  readonly decay?: number | undefined;
  /** Adds l2 times the parameter to its gradient, which is what PyTorch's SGD and Adam call weight_decay. Default 0. */
  readonly l2?: number | undefined;
  /** Which parameters `decay` and `l2` are for. Default: all. */
  readonly decays?: ((name: string, parameter: Tensor) => boolean) | undefined;
}

/** The names of these options. */
export const optimizerNames = ['rate', 'clipNorm', 'decay', 'l2', 'decays'] as const;

/** What is needed to move one parameter. */
export interface Update {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** What the optimizer remembers of this parameter, by slot. New values are given to it with `assign`. */
  readonly memory: Readonly<Record<string, Tensor>>;
  readonly rate: number;
  /** Steps with this one: 1 for the first. */
  readonly step: number;
}

/** Moves parameters along their gradients. Subclasses say what they remember and how they move. */
export abstract class Optimizer {
  /** The trained tensors by name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly #options: OptimizerOptions;
  readonly #memory = new Map<string, Record<string, Tensor>>();
  /** Steps done. */
  steps = 0;

  /** @param slots what is remembered of each parameter, in tensors of its shape that start at 0 */
  constructor(trained: Trainable, options: OptimizerOptions, slots: readonly string[]) {
    const op = new.target.name;
    const { rate, clipNorm, decay = 0, l2 = 0 } = options;
    if (typeof rate !== 'function') requireWithin(op, 'rate', rate, 0, Number.MAX_VALUE);
    requireWithin(op, 'decay', decay, 0, Number.MAX_VALUE);
    requireWithin(op, 'l2', l2, 0, Number.MAX_VALUE);
    if (clipNorm !== undefined) requireWithin(op, 'clipNorm', clipNorm, Number.MIN_VALUE, Number.MAX_VALUE);
    this.#options = options;
    this.parameters = trainedTensors(op, trained);
    for (const [name, parameter] of this.parameters) {
      this.#memory.set(name, Object.fromEntries(slots.map((slot) => [slot, keep(zerosLike(parameter))])));
    }
  }

  /** The new value of a parameter; runs in a scope of its own. */
  protected abstract move(update: Update): Tensor;

  /** The rate of the next step. */
  get rate(): number {
    return rateAt(this.#options.rate, this.steps);
  }

  /**
   * Calls `f`, whose loss is its value or the first of several, moves the parameters once against its gradient, and returns
   * what `f` gave. All else made inside is freed.
   * @throws {GradientError} @throws {ShapeError} unless the loss is one number
   */
  minimize<R>(f: () => R): R {
    return scope(() => {
      const { value, gradients } = this.gradients(f);
      this.step(gradients);
      return value;
    });
  }

  /** Calls `f` and gives its value and the gradients of its loss by name, without moving anything. */
  gradients<R>(f: () => R): { readonly value: R; readonly gradients: Map<string, Tensor> } {
    const [value, gradients] = valueAndGradOf(new Map(this.parameters), f);
    return { value, gradients };
  }

  /** Moves all parameters once along given gradients. @throws {OptionError} if one is missing @throws {ShapeError} if one does not fit */
  step(gradients: ReadonlyMap<string, Tensor>): void {
    const { rate, clipNorm, decay = 0, l2 = 0, decays = () => true } = { ...this.#options, rate: this.rate };
    const op = this.constructor.name;
    for (const [name, parameter] of this.parameters) {
      const gradient = gradients.get(name);
      if (gradient === undefined) throw new OptionError(`${op}: there is no gradient of '${name}'`);
      if (gradient.shape.join() !== parameter.shape.join()) {
        throw new ShapeError(
          `${op}: the gradient of '${name}' must be [${parameter.shape.join(', ')}], got [${gradient.shape.join(', ')}]`,
        );
      }
    }
    scope(() => {
      const clipped = clipNorm === undefined ? gradients : clipByGlobalNorm(gradients, clipNorm).gradients;
      this.steps += 1;
      for (const [name, parameter] of this.parameters) {
        scope(() => {
          const decayed = (decay > 0 || l2 > 0) && decays(name, parameter);
          const plain = clipped.get(name) as Tensor;
          const gradient = decayed && l2 > 0 ? plain.add(parameter.mul(l2)) : plain;
          const from = decayed && decay > 0 ? parameter.mul(1 - rate * decay) : parameter;
          const memory = this.#memory.get(name) as Record<string, Tensor>;
          assign(parameter, this.move({ parameter: from, gradient, memory, rate, step: this.steps }));
        });
      }
    });
  }

  /** What is remembered, as `slot.parameter` names; with `steps` all that is needed to go on. The tensors are the optimizer's own. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, memory] of this.#memory) {
      for (const [slot, tensor] of Object.entries(memory)) state.set(`${slot}.${name}`, tensor);
    }
    return state;
  }

  /** Takes over what another optimizer of this kind remembered. @throws {OptionError} if a tensor is missing @throws {ShapeError} if one does not fit */
  loadState(state: ReadonlyMap<string, Tensor>, steps: number): void {
    const own = this.state();
    for (const name of own.keys()) {
      if (!state.has(name)) throw new OptionError(`${this.constructor.name}: the stored state has no '${name}'`);
    }
    for (const [name, tensor] of own) assign(tensor, state.get(name) as Tensor);
    this.steps = steps;
  }

  /** Frees what is remembered; the parameters stay. */
  dispose(): void {
    dispose(this.#memory);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
