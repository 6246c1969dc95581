/** Reads what the monitor looks at from tensors, layer by layer. */
import {
  isTensor,
  type Matrix,
  matrix,
  norm,
  OptionError,
  quote,
  requireShape,
  reshape,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import { tokensOf } from '../curve/measures.js';
import type { LayerStates } from './signals.js';

/** A forward pass, in evaluation mode. */
export interface MonitoredStates {
  /** The tokens before the first layer and after each: [batch, tokens, channels] or [tokens, channels]. */
  readonly hidden: readonly Tensor[];
  /** P of each layer, one less than there are hidden states: [batch, heads, query, key], or [heads, query, key] for one text. Default: not looked at. */
  readonly attention?: readonly Tensor[] | undefined;
  /** [batch, tokens], or [tokens] for one text: false (or 0) for padding. Default: all are tokens. */
  readonly mask?: Tensor | undefined;
}

/** Gradients of the loss by the weights of a layer. */
export interface MonitoredGradients {
  readonly query: Tensor;
  readonly value: Tensor;
}

const op = 'rankMonitor';

/** @throws {OptionError} @throws {ShapeError} */
export async function readStates(
  { hidden, attention, mask }: MonitoredStates,
  gradients: readonly MonitoredGradients[] | undefined,
  samples: number,
): Promise<LayerStates[]> {
  if (!Array.isArray(hidden) || hidden.length < 2) {
    throw new OptionError(`${op}: states must give { hidden }, two or more tensors, got ${quote(hidden)}`);
  }
  for (const [name, list] of Object.entries({ attention, gradients })) {
    if (list === undefined || list.length === hidden.length - 1) continue;
    throw new OptionError(
      `${op}: ${name} must be of ${hidden.length - 1} layers, one less than hidden, got ${list.length}`,
    );
  }
  const [batch, tokens] = batched('hidden state 0', hidden[0]!).shape as [number, number];
  const seen = mask === undefined ? undefined : await seenIn(mask, batch, tokens);
  const taken = Math.min(batch, samples);
  const layers: LayerStates[] = [];
  for (const [layer, states] of hidden.entries()) {
    const weights = layer === 0 ? undefined : attention?.[layer - 1];
    const pair = layer === 0 ? undefined : gradients?.[layer - 1];
    layers.push({
      layer,
      dtype: states.dtype,
      tokens: await readTokens(layer, states, [batch, tokens, taken], seen),
      attention: weights && (await readAttention(layer, weights, [batch, tokens, taken], seen)),
      gradientRatio: pair && (await ratioOf(pair)),
    });
  }
  return layers;
}

/** Texts, tokens of each, and how many of the texts are looked at. */
type Extents = readonly [batch: number, tokens: number, taken: number];

/** [tokens, channels] as a batch of one. */
function batched(name: string, t: Tensor): Tensor {
  if (isTensor(t) && t.rank === 3 && t.size > 0) return t;
  if (isTensor(t) && t.rank === 2 && t.size > 0) return reshape(t, [1, ...t.shape]);
  const got = isTensor(t) ? show(t.shape) : quote(t);
  throw new ShapeError(`${op}: ${name} must be [batch, tokens, channels] or [tokens, channels], got ${got}`);
}

/** For each place whether it is a token. @throws {OptionError} for a text of padding alone */
async function seenIn(mask: Tensor, batch: number, tokens: number): Promise<ArrayLike<number>> {
  if (isTensor(mask) && mask.rank === 1) requireShape(op, 'mask', mask, [tokens]);
  else requireShape(op, 'mask', mask, [batch, tokens]);
  const seen = Array.from(await mask.data(), Number);
  for (let b = 0; b < batch; b++) {
    if (seen.slice(b * tokens, (b + 1) * tokens).some((value) => value !== 0)) continue;
    throw new OptionError(`${op}: mask must leave each text a token, got none in text ${b}`);
  }
  return seen;
}

async function readTokens(
  layer: number,
  states: Tensor,
  [batch, tokens, taken]: Extents,
  seen: ArrayLike<number> | undefined,
): Promise<Matrix[]> {
  const whole = batched(`hidden state ${layer}`, states);
  const [, , channels] = requireShape(op, `hidden state ${layer}`, whole, [batch, tokens, 'channels']);
  const values = await whole.at(`0:${taken}`).data();
  return Array.from({ length: taken }, (_, b) => tokensOf(values, [taken, tokens, channels], b, seen));
}

/** P of each text and head, without padding. */
async function readAttention(
  layer: number,
  weights: Tensor,
  [batch, tokens, taken]: Extents,
  seen: ArrayLike<number> | undefined,
): Promise<Matrix[]> {
  const name = `attention of layer ${layer}`;
  const whole = isTensor(weights) && weights.rank === 3 ? reshape(weights, [1, ...weights.shape]) : weights;
  const [, heads] = requireShape(op, name, whole, [batch, 'heads', tokens, tokens]);
  const values = await whole.at(`0:${taken}`).data();
  return Array.from({ length: taken * heads }, (_, i) => {
    const text = Math.floor(i / heads);
    const kept = Array.from({ length: tokens }, (__, j) => j).filter((j) => seen?.[text * tokens + j] !== 0);
    const out = matrix(kept.length, kept.length);
    for (const [r, row] of kept.entries()) {
      for (const [c, column] of kept.entries()) {
        out.data[r * kept.length + c] = values[(i * tokens + row) * tokens + column]!;
      }
    }
    return out;
  });
}

/** |dW_Q|_F / |dW_V|_F; undefined where values do not learn. */
async function ratioOf({ query, value }: MonitoredGradients): Promise<number | undefined> {
  const [byQuery, byValue] = [norm(query), norm(value)];
  const [above, below] = [(await byQuery.data())[0]!, (await byValue.data())[0]!];
  return below === 0 ? undefined : above / below;
}
