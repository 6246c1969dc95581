/** What GRU and LSTM share: layers, directions, names, initial and final states. */
import {
  at,
  checkOptions,
  concat,
  flip,
  OptionError,
  quote,
  type Rng,
  requireCount,
  requireRng,
  requireWithin,
  ShapeError,
  sameShape,
  scope,
  show,
  split,
  stack,
  type Tensor,
  transpose,
  zeros,
} from '@saccade/tensor';
import { requireTensors } from '../check.js';
import { symmetric } from '../initializers.js';
import { Module } from '../module.js';
import { Dropout } from './dropout.js';
import { affine } from './linear.js';

/** Options of recurrent layers. */
export interface RecurrentOptions {
  /** Draws the start values. */
  readonly rng: Rng;
  /** Layers, each reading the outputs of the one below. Default 1. */
  readonly layers?: number | undefined;
  /** Also reads from the end to the start; outputs are joined. Default false. */
  readonly bidirectional?: boolean | undefined;
  /** Adds biases. Default true. */
  readonly bias?: boolean | undefined;
  /** Probability of dropout between layers. Default 0. */
  readonly dropout?: number | undefined;
}

const names = ['rng', 'layers', 'bidirectional', 'bias', 'dropout'] as const;

/** Weights of one layer in one direction. */
interface Cell {
  readonly weightInput: Tensor;
  readonly weightHidden: Tensor;
  readonly biasInput: Tensor | undefined;
  readonly biasHidden: Tensor | undefined;
}

/**
 * Runs one layer over time. gates [time, batch, gates hidden] come from the inputs, `states` [batch, hidden] each from before
 * the first step; gives all states of all steps, joined [time, batch, states hidden], the output first.
 */
export type RunSequence = (
  gates: Tensor,
  states: readonly Tensor[],
  weight: Tensor,
  bias: Tensor | undefined,
) => Tensor;

/** Layers with a state that goes from step to step. Parameters are named as in PyTorch: `weight_ih_l0`, `bias_hh_l1_reverse`. */
export abstract class Recurrent<States, Result> extends Module<[x: Tensor, states?: States], Result> {
  readonly inputs: number;
  readonly hidden: number;
  readonly bidirectional: boolean;
  readonly dropout: Dropout | undefined;
  readonly #cells: readonly (readonly Cell[])[];
  readonly #stateCount: number;

  constructor(inputs: number, hidden: number, options: RecurrentOptions, gates: number, stateCount: number) {
    super();
    const op = new.target.name;
    const { layers = 1, bidirectional = false, bias = true, dropout = 0 } = checkOptions(op, options, names);
    const rng = requireRng(op, options.rng);
    this.inputs = requireCount(op, 'inputs', inputs);
    this.hidden = requireCount(op, 'hidden', hidden);
    requireWithin(op, 'dropout', dropout, 0, 1);
    requireCount(op, 'layers', layers);
    this.bidirectional = bidirectional;
    this.#stateCount = stateCount;
    const directions = bidirectional ? ['', '_reverse'] : [''];
    const draw = (name: string, ...shape: number[]): Tensor =>
      this.parameter(name, symmetric(shape, 1 / Math.sqrt(hidden), rng));
    this.#cells = Array.from({ length: layers }, (_, layer) =>
      directions.map((direction) => {
        const suffix = `l${layer}${direction}`;
        const below = layer === 0 ? inputs : hidden * directions.length;
        return {
          weightInput: draw(`weight_ih_${suffix}`, gates * hidden, below),
          weightHidden: draw(`weight_hh_${suffix}`, gates * hidden, hidden),
          biasInput: bias ? draw(`bias_ih_${suffix}`, gates * hidden) : undefined,
          biasHidden: bias ? draw(`bias_hh_${suffix}`, gates * hidden) : undefined,
        };
      }),
    );
    this.dropout = dropout > 0 && layers > 1 ? new Dropout(dropout, { rng }) : undefined;
  }

  /** All layers: the outputs of the last [batch, time, directions hidden], and the final states [layers directions, batch, hidden]. */
  protected runLayers(
    run: RunSequence,
    x: Tensor,
    states: readonly Tensor[] | undefined,
  ): readonly [Tensor, ...Tensor[]] {
    this.#check(x, states);
    return scope(() => {
      const batch = x.shape[0] as number;
      const directions = this.bidirectional ? 2 : 1;
      const rows = this.#cells.length * directions;
      const none =
        states ??
        Array.from({ length: this.#stateCount }, () =>
          zeros([rows, batch, this.hidden], { dtype: x.dtype, device: x.device }),
        );
      const finals: Tensor[][] = [];
      let y = transpose(x, [1, 0, 2]); // time first, so that a step lies in one piece
      for (const [layer, cells] of this.#cells.entries()) {
        if (layer > 0) y = this.dropout?.forward(y) ?? y;
        const both = cells.map((cell, d) => {
          const first = none.map((state) => at(state, layer * directions + d));
          const { output, last } = this.#runCell(run, cell, y, first, d === 1);
          finals.push(last);
          return output;
        });
        y = both.length === 1 ? (both[0] as Tensor) : concat(both, 2);
      }
      const joined = Array.from({ length: this.#stateCount }, (_, i) => stack(finals.map((last) => last[i] as Tensor)));
      return [transpose(y, [1, 0, 2]), ...joined] as [Tensor, ...Tensor[]];
    });
  }

  #runCell(run: RunSequence, cell: Cell, x: Tensor, states: readonly Tensor[], reverse: boolean) {
    const gates = affine(reverse ? flip(x, 0) : x, cell.weightInput, cell.biasInput);
    const all = run(gates, states, cell.weightHidden, cell.biasHidden);
    const last = split(at(all, -1), this.#stateCount, 1);
    const output = this.#stateCount === 1 ? all : (split(all, this.#stateCount, 2)[0] as Tensor);
    return { output: reverse ? flip(output, 0) : output, last };
  }

  #check(x: Tensor, states: readonly Tensor[] | undefined): void {
    const op = this.constructor.name;
    requireTensors(op, { x });
    if (states !== undefined) {
      if (!Array.isArray(states)) throw new OptionError(`${op}: expected initial states, got ${quote(states)}`);
      requireTensors(op, Object.fromEntries(states.map((state, i) => [`initial state ${i}`, state])));
    }
    if (x.rank !== 3 || x.shape[2] !== this.inputs || x.shape[1] === 0) {
      throw new ShapeError(`${op}: expected [batch, time, ${this.inputs}] with time from 1, got ${show(x.shape)}`);
    }
    const expected = [this.#cells.length * (this.bidirectional ? 2 : 1), x.shape[0] as number, this.hidden];
    if (
      states !== undefined &&
      (states.length !== this.#stateCount || states.some((t) => !sameShape(t.shape, expected)))
    ) {
      throw new ShapeError(
        `${op}: expected ${this.#stateCount === 1 ? 'one initial state' : 'two initial states'} ${show(expected)}, got ${states.map((t) => show(t.shape)).join(' and ')}`,
      );
    }
  }
}
