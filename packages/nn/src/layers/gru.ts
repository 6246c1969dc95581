/** The gated recurrent unit (Cho et al. 2014) in PyTorch's form, with backpropagation through time written out. */
import {
  add,
  at,
  concat,
  customGrad,
  expandDims,
  isTensor,
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
export interface GRUResult {
  /** Outputs of the last layer at every step [batch, time, directions hidden]. */
  readonly output: Tensor;
  /** States after the last step [layers directions, batch, hidden]. */
  readonly hidden: Tensor;
}

/**
 * r = sigmoid(W_ir x + W_hr h), z = sigmoid(W_iz x + W_hz h), n = tanh(W_in x + r (W_hn h)), h' = (1 - z) n + z h, with
 * biases at each product. x [batch, time, inputs]; pass `hidden` [layers directions, batch, hidden] to go on from a state.
 */
export class GRU extends Recurrent<Tensor | readonly [Tensor], GRUResult> {
  /** @throws {OptionError} for sizes below 1, or no generator */
  constructor(inputs: number, hidden: number, options: RecurrentOptions) {
    super(inputs, hidden, options, 3, 1);
  }

  /** @throws {ShapeError} unless x is [batch, time, inputs] and the state fits */
  override forward(x: Tensor, states?: Tensor | readonly [Tensor]): GRUResult {
    const first = isTensor(states) ? [states] : states;
    const [output, hidden] = this.runLayers(gruSequence, x, first) as [Tensor, Tensor];
    return { output, hidden };
  }
}

/** h' of one step, or of all steps at once if the operands have a time axis, with what its gradient needs. */
function step(gates: Tensor, products: Tensor, h: Tensor) {
  const [ir, iz, ix] = split(gates, 3, -1) as [Tensor, Tensor, Tensor];
  const [hr, hz, hn] = split(products, 3, -1) as [Tensor, Tensor, Tensor];
  const r = sigmoid(add(ir, hr));
  const z = sigmoid(add(iz, hz));
  const n = tanh(add(ix, mul(r, hn)));
  return { r, z, n, hn, next: add(n, mul(z, sub(h, n))) };
}

/** The outputs [time, batch, hidden] of one layer from its gates [time, batch, 3 hidden]; see `RunSequence`. */
export function gruSequence(
  gates: Tensor,
  [first]: readonly Tensor[],
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor {
  const inputs = [gates, first as Tensor, weight, ...(bias === undefined ? [] : [bias])];
  return customGrad((...given: Tensor[]) => {
    const [g, h0, w, b] = given as [Tensor, Tensor, Tensor, Tensor | undefined];
    const value = scope(() => forward(g, h0, w, b));
    return { value, backward: (dy) => backward(dy, value, g, h0, w, b) };
  })(...inputs);
}

function forward(gates: Tensor, first: Tensor, weight: Tensor, bias: Tensor | undefined): Tensor {
  const outputs: Tensor[] = [];
  let h = first;
  for (let t = 0; t < (gates.shape[0] as number); t++) {
    const now = h;
    h = scope(() => step(at(gates, t), affine(now, weight, bias), now).next);
    outputs.push(h);
  }
  return stack(outputs);
}

/**
 * All that does not go from step to step is computed for all steps at once, from the outputs; nothing is kept for it.
 * With d the gradient by h', that by the products is d times `slopes`, and that by h is d z + (d slopes) weight.
 */
function backward(
  dy: Tensor,
  outputs: Tensor,
  gates: Tensor,
  first: Tensor,
  weight: Tensor,
  bias: Tensor | undefined,
): Tensor[] {
  const steps = gates.shape[0] as number;
  const [batch, hidden] = first.shape as [number, number];
  const before = concat([expandDims(first, 0), outputs.at(`:${steps - 1}`)], 0);
  const { r, z, n, hn } = step(gates, affine(before, weight, bias), before);
  const slopeN = mul(sub(1, z), sub(1, square(n)));
  const slopeR = mul(mul(slopeN, hn), mul(r, sub(1, r)));
  const slopeZ = mul(sub(before, n), mul(z, sub(1, z)));
  const slopes = concat([slopeR, slopeZ, mul(slopeN, r)], -1);
  const totals: Tensor[] = new Array(steps);
  let carry: Tensor | undefined;
  for (let t = steps - 1; t >= 0; t--) {
    const later = carry;
    const total = later === undefined ? at(dy, t) : scope(() => add(at(dy, t), later));
    totals[t] = total;
    carry = scope(() => add(mul(total, at(z, t)), matmul(mul(thrice(total), at(slopes, t)), weight)));
  }
  const all = stack(totals);
  const dProducts = mul(thrice(all), slopes);
  const dGates = concat([dProducts.at('...', `:${2 * hidden}`), mul(all, slopeN)], -1);
  const rows = reshape(dProducts, [steps * batch, 3 * hidden]);
  const dWeight = matmul(rows, reshape(before, [steps * batch, hidden]), { transposeA: true });
  return [dGates, carry as Tensor, dWeight, ...(bias === undefined ? [] : [sum(rows, { axis: 0 })])];
}

const thrice = (x: Tensor): Tensor => concat([x, x, x], -1);
