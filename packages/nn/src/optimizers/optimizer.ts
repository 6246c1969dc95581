/** What every optimizer is: parameters by name, its memory of each, and the step. */
import {
  assign,
  dispose,
  keep,
  requireAbove,
  requireCount,
  requireFrom,
  requireFunction,
  scope,
  type Tensor,
  valueAndGradOf,
  zerosLike,
} from '@saccade/tensor';
import { assignAll } from '../assign-all.js';
import { clipByGlobalNorm, clipByValue } from './clip.js';
import { requireGradients } from './require-gradients.js';
import { rateAt, type Schedule } from './schedules.js';
import { type Trainable, trainedTensors } from './trainable.js';

/** Options of all optimizers. */
export interface OptimizerOptions {
  /** How far a step goes: a number, or a schedule. */
  readonly rate: number | Schedule;
  /** Moves each value of the gradients into [-clipValue, clipValue], before `clipNorm` looks at them. Default: never. */
  readonly clipValue?: number | undefined;
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
export const optimizerOptionNames = ['rate', 'clipValue', 'clipNorm', 'decay', 'l2', 'decays'] as const;

/** The options with their defaults. */
interface Settings {
  readonly rate: number | Schedule;
  readonly clipValue: number | undefined;
  readonly clipNorm: number | undefined;
  readonly decay: number;
  readonly l2: number;
  readonly decays: (name: string, parameter: Tensor) => boolean;
}

/** What is needed to move one parameter. */
export interface Update {
  readonly parameter: Tensor;
  readonly gradient: Tensor;
  /** Of this parameter, by slot. New values are given to it with `assign`. */
  readonly memory: Readonly<Record<string, Tensor>>;
  readonly rate: number;
  /** Steps with this one: 1 for the first. */
  readonly step: number;
}

/**
 * Moves parameters along their gradients. Of each parameter a subclass remembers tensors of its shape, the parameter's memory:
 * each in a slot with a name, such as Adam's 'mean' and 'square'. The state is the memory of all, as `slot.parameter`.
 *
 * Step t moves every parameter p with gradient g, in this order:
 *   g = min(max(g, -clipValue), clipValue)
 *   g = g min(1, clipNorm / |all g|)
 *   p = move(p - rate decay p, g + l2 p, memory, rate, t)
 */
export abstract class Optimizer {
  /** The trained tensors by name. */
  readonly parameters: ReadonlyMap<string, Tensor>;
  readonly #options: Settings;
  readonly #memory = new Map<string, Record<string, Tensor>>();
  /** Steps done. */
  steps = 0;

  /** @param slots the names of the memory, which starts at 0 */
  constructor(trained: Trainable, options: OptimizerOptions, slots: readonly string[]) {
    const op = new.target.name;
    const { rate, clipValue, clipNorm, decay = 0, l2 = 0, decays = () => true } = options;
    if (typeof rate !== 'function') requireFrom(op, 'rate', rate);
    requireFrom(op, 'decay', decay);
    requireFrom(op, 'l2', l2);
    requireFunction(op, decays);
    if (clipValue !== undefined) requireAbove(op, 'clipValue', clipValue);
    if (clipNorm !== undefined) requireAbove(op, 'clipNorm', clipNorm);
    this.#options = { rate, clipValue, clipNorm, decay, l2, decays };
    this.parameters = trainedTensors(op, trained);
    for (const [name, parameter] of this.parameters) {
      this.#memory.set(name, Object.fromEntries(slots.map((slot) => [slot, keep(zerosLike(parameter))])));
    }
  }

  /** The new value of a parameter: the last line of the step. Runs in a scope of its own. */
  protected abstract move(update: Update): Tensor;

  /** The rate of the next step. @throws {OptionError} if the schedule gives no number from 0 */
  get rate(): number {
    return requireFrom(this.constructor.name, `the rate of step ${this.steps}`, rateAt(this.#options.rate, this.steps));
  }

  /**
   * Calls `f`, whose loss is its value or the first of several, moves the parameters once against its gradient, and returns
   * what `f` gave. All else made inside is freed.
   * @throws {GradientError} @throws {ShapeError} unless the loss is one number
   */
  minimize<R extends Tensor | readonly [Tensor, ...unknown[]]>(f: () => R): R {
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
    const { clipValue, clipNorm, decay, l2, decays } = this.#options;
    const { rate } = this;
    requireGradients(this.constructor.name, this.parameters, gradients);
    scope(() => {
      const bounded = clipValue === undefined ? gradients : clipByValue(gradients, clipValue);
      const clipped = clipNorm === undefined ? bounded : clipByGlobalNorm(bounded, clipNorm).gradients;
      this.steps += 1;
      for (const [name, parameter] of this.parameters) {
        scope(() => {
          const decayed = decay + l2 > 0 && decays(name, parameter);
          const plain = clipped.get(name) as Tensor;
          const gradient = decayed && l2 > 0 ? plain.add(parameter.mul(l2)) : plain;
          const from = decayed && decay > 0 ? parameter.mul(1 - rate * decay) : parameter;
          const memory = this.#memory.get(name) as Record<string, Tensor>;
          assign(parameter, this.move({ parameter: from, gradient, memory, rate, step: this.steps }));
        });
      }
    });
  }

  /** The state; with `steps` all that is needed to go on. The tensors are the optimizer's own. */
  state(): Map<string, Tensor> {
    const state = new Map<string, Tensor>();
    for (const [name, memory] of this.#memory) {
      for (const [slot, tensor] of Object.entries(memory)) state.set(`${slot}.${name}`, tensor);
    }
    return state;
  }

  /** Takes over the state of another optimizer of this kind: all or, if something does not fit, none. @throws {StateDictError} @throws {OptionError} unless steps is a whole number from 0 */
  loadState(state: ReadonlyMap<string, Tensor>, steps: number): void {
    requireCount(this.constructor.name, 'steps', steps, 0);
    assignAll(this.constructor.name, this.state(), state);
    this.steps = steps;
  }

  /** Frees the memory; the parameters stay. */
  dispose(): void {
    dispose(this.#memory);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
