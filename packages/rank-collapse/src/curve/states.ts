/** The states before the first layer, from what the caller has: tokens, images, or states themselves. */
import {
  any,
  DTypeError,
  isTensor,
  logicalAnd,
  OptionError,
  requireShape,
  reshape,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { allFinite, NotFiniteError } from '../model/finite.js';
import type { Embedded, ModelInput, RankModel } from '../model/rank-model.js';

/** Token ids, images, or states [tokens, channels] or [batch, tokens, channels] of the first layer. */
export type Samples = ModelInput;

/** What is known of the samples beside their values. */
export interface SampleOptions {
  /** bool [batch, tokens], or the same as lists: false for padding, which no token sees and no measure counts. Default: all are tokens. */
  readonly mask?: Tensor | readonly (readonly boolean[])[] | undefined;
}

/**
 * The caller's to dispose.
 * @throws {OptionError} where a text is padding alone, values are not finite, or the model knows no tokens @throws {ShapeError} @throws {DTypeError} for a mask that is not bool
 */
export async function statesOf(
  op: string,
  model: RankModel,
  samples: Samples,
  { mask }: SampleOptions,
): Promise<Embedded> {
  return await scope(async () => {
    const given = isTensor(samples) && (samples.dtype === 'float32' || samples.dtype === 'float64');
    const asStates = given && samples.shape.at(-1) === model.width && samples.rank <= 3;
    const embedded = asStates ? { states: batched(op, samples, model.width) } : await embeddedBy(op, model, samples);
    const { states } = embedded;
    const keyMask = bothMasks(embedded.keyMask, mask && maskOf(op, states, mask));
    if (keyMask !== undefined) await requireTokens(op, keyMask);
    const what = asStates ? 'tokens' : 'the embeddings of the tokens';
    if (!(await allFinite(states))) throw new NotFiniteError(`${op}: ${what} must be finite`);
    return { states, keyMask };
  });
}

/** Padding of either is padding. */
function bothMasks(a: Tensor | undefined, b: Tensor | undefined): Tensor | undefined {
  return a !== undefined && b !== undefined ? logicalAnd(a, b) : (a ?? b);
}

function batched(op: string, samples: Tensor, width: number): Tensor {
  const [tokens] = samples.shape;
  if (samples.rank === 2) return reshape(samples, [1, tokens as number, width]);
  requireShape(op, 'tokens', samples, ['batch', 'tokens', width]);
  return reshape(samples, samples.shape);
}

async function embeddedBy(op: string, model: RankModel, samples: Samples): Promise<Embedded> {
  if (model.embed === undefined) {
    throw new OptionError(`${op}: this model has no embeddings: pass states [batch, tokens, ${model.width}]`);
  }
  return await model.embed(samples);
}

function maskOf(op: string, { shape, device }: Tensor, mask: NonNullable<SampleOptions['mask']>): Tensor {
  const [batch, tokens] = shape as [number, number];
  const given = isTensor(mask) ? reshape(mask, mask.shape) : tensor(mask, { dtype: 'bool', device });
  requireShape(op, 'mask', given, [batch, tokens]);
  if (given.dtype !== 'bool') throw new DTypeError(`${op}: mask must be bool, got ${given.dtype}`);
  return given;
}

/** A text that is padding alone would attend to nothing. */
async function requireTokens(op: string, keyMask: Tensor): Promise<void> {
  const some = scope(() => any(keyMask, { axis: 1 }));
  const empty = Array.from(await some.data()).findIndex((value) => !value);
  if (empty >= 0) throw new OptionError(`${op}: sample ${empty} must have a token that the mask does not hide`);
}
