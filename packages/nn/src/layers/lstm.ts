/** Long short-term memory (Hochreiter and Schmidhuber 1997, Gers et al. 2000), with backpropagation through time written out. */
import {
  add,
  at,
  concat,
  customGrad,
  expandDims,
  matmul,
  mul,
  reshape,
  scope,
  sigmoid,
  split,
  square,
  stack,
  sub,
  sum,
  type Tensor,
  tanh,
} from '@saccade/tensor';
import { affine } from './linear.js';
import { Recurrent, type RecurrentOptions } from './recurrent.js';

/** What the layer gives. */
export interface LSTMResult {
  /** Outputs of the last layer at every step [batch, time, directions hidden]. */
  readonly output: Tensor;
  /** Outputs after the last step [layers directions, batch, hidden]. */
  readonly hidden: Tensor;
  /** Cells after the last step [layers directions, batch, hidden]. */
  readonly cell: Tensor;
}

/**
 * i, f, o = sigmoid(W_i. x + W_h. h), g = tanh(W_ig x + W_hg h), c' = f c + i g, h' = o tanh(c'), with biases at each product.
 * x [batch, time, inputs]; pass `[hidden, cell]` [layers directions, batch, hidden] to go on from a state.
 */
export class LSTM extends Recurrent<readonly [Tensor, Tensor], LSTMResult> {
  /** @throws {OptionError} for sizes below 1, or no generator */
  constructor(inputs: number, hidden: number, options: RecurrentOptions) {
    super(inputs, hidden, options, 4, 2);
  }

  /** @throws {ShapeError} unless x is [batch, time, inputs] and the states fit */
  override forward(x: Tensor, states?: readonly [Tensor, Tensor]): LSTMResult {
    const [output, hidden, cell] = this.runLayers(lstmSequence, x, states) as [Tensor, Tensor, Tensor];
    return { output, hidden, cell };
  }
}

/** The gates of one step, or of all steps at once if there is a time axis. */
function openGates(sums: Tensor) {
  const [i, f, g, o] = split(sums, 4, -1) as [Tensor, Tensor, Tensor, Tensor];
  return { i: sigmoid(i), f: sigmoid(f), g: tanh(g), o: sigmoid(o) };
}

/** Outputs and cells [time, batch, 2 hidden] of one layer from its gates [time, batch, 4 hidden]; see `RunSequence`. */
export function lstmSequence(
  gates: Tensor,
  [firstOutput, firstCell]: readonly Tensor[],
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor {
  const inputs = [gates, firstOutput as Tensor, firstCell as Tensor, weight, ...(bias === undefined ? [] : [bias])];
  return customGrad((...given: Tensor[]) => {
    const [x, h, c, w, b] = given as [Tensor, Tensor, Tensor, Tensor, Tensor | undefined];
    const value = scope(() => forward(x, h, c, w, b));
    return { value, backward: (dy) => backward(dy, value, x, h, c, w, b) };
  })(...inputs);
}

function forward(gates: Tensor, h0: Tensor, c0: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const states: Tensor[] = [];
  let [h, c] = [h0, c0];
  for (let t = 0; t < (gates.shape[0] as number); t++) {
    const [h1, c1] = [h, c];
    [h, c] = scope(() => {
      const { i, f, g, o } = openGates(add(at(gates, t), affine(h1, weight, bias)));
      const next = add(mul(f, c1), mul(i, g));
      return [mul(o, tanh(next)), next] as [Tensor, Tensor];
    });
    states.push(concat([h, c], -1));
  }
  return stack(states);
}

/**
 * All that does not go from step to step is computed for all steps at once, from the states; nothing is kept for it.
 * With dc and dh the gradients by c' and h', that by the gates' sums is [dc, dc, dc, dh] times `slopes`.
 */
function backward(
  dy: Tensor,
  states: Tensor,
  gates: Tensor,
  h0: Tensor,
  c0: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor[] {
  const steps = gates.shape[0] as number;
  const [batch, hidden] = h0.shape as [number, number];
  const earlier = states.at(`:${steps - 1}`);
  const before = concat([expandDims(concat([h0, c0], -1), 0), earlier], 0);
  const [outputBefore, cellBefore] = split(before, 2, -1) as [Tensor, Tensor];
  const { i, f, g, o } = openGates(add(gates, affine(outputBefore, weight, bias)));
  const bent = tanh(split(states, 2, -1)[1] as Tensor);
  const cellSlope = mul(o, sub(1, square(bent))); // of h' by c'
  const slopes = concat([mul(g, bell(i)), mul(cellBefore, bell(f)), mul(i, sub(1, square(g))), mul(bent, bell(o))], -1);
  const totals: Tensor[] = new Array(steps);
  let carry: { readonly h: Tensor; readonly c: Tensor } | undefined;
  for (let t = steps - 1; t >= 0; t--) {
    const later = carry;
    const { total, h, c } = scope(() => {
      const [fromOutput, fromCell] = split(at(dy, t), 2, -1) as [Tensor, Tensor];
      const dh = later === undefined ? fromOutput : add(fromOutput, later.h);
      const dc = add(mul(dh, at(cellSlope, t)), later === undefined ? fromCell : add(fromCell, later.c));
      const sums = mul(concat([dc, dc, dc, dh], -1), at(slopes, t));
      return { total: sums, h: matmul(sums, weight), c: mul(dc, at(f, t)) };
    });
    totals[t] = total;
    carry = { h, c };
  }
  const dGates = stack(totals);
  const rows = reshape(dGates, [steps * batch, 4 * hidden]);
  const dWeight = matmul(rows, reshape(outputBefore, [steps * batch, hidden]), { transposeA: true });
  const { h, c } = carry as { readonly h: Tensor; readonly c: Tensor };
  return [dGates, h, c, dWeight, ...(bias === undefined ? [] : [sum(rows, { axis: 0 })])];
}

/** s (1 - s), the slope of a sigmoid with value s. */
const bell = (s: Tensor): Tensor => mul(s, sub(1, s));
