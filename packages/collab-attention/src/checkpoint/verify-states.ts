/** The states that go through the layers of two checkpoints. */
import {
  isTensor,
  type Matrix,
  matrix,
  OptionError,
  quote,
  type Rng,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { SharableLayer } from './attention-layers.js';
import { quotedName } from './quoted-name.js';

/** States for all layers, or for each by its path. */
export type GivenStates = Tensor | ReadonlyMap<string, Tensor>;

/** One sequence. */
export interface Sequence {
  /** [length, width]. */
  readonly states: Matrix;
  /** What keys and values are made of: the same, but in cross attention. */
  readonly keyStates: Matrix;
}

interface StatesOptions {
  readonly hidden?: GivenStates | undefined;
  readonly keyHidden?: GivenStates | undefined;
  readonly length?: number | undefined;
}

/** @throws {OptionError} unless given states are tensors @throws {ShapeError} unless they fit the layer */
export async function statesFor(
  op: string,
  layer: SharableLayer,
  { hidden, keyHidden, length = 64 }: StatesOptions,
  rng: Rng,
): Promise<Sequence[]> {
  const { path, width, keyWidth, attends } = layer;
  const own = await given(op, 'hidden', path, width, hidden);
  const states = own ?? [await randomStates(rng, length, width)];
  if (attends !== 'cross') return states.map((one) => ({ states: one, keyStates: one }));
  const theirs = await given(op, 'keyHidden', path, keyWidth, keyHidden);
  const keyStates = theirs ?? [await randomStates(rng, length, keyWidth)];
  if (keyStates.length !== 1 && keyStates.length !== states.length) {
    throw new ShapeError(`${op}: hidden has ${states.length} sequences, keyHidden ${keyStates.length}`);
  }
  return states.map((one, i) => ({ states: one, keyStates: (keyStates[i] ?? keyStates[0]) as Matrix }));
}

async function randomStates(rng: Rng, length: number, width: number): Promise<Matrix> {
  const drawn = rng.normal([length, width]);
  try {
    return matrix(length, width, Float64Array.from((await drawn.data()) as ArrayLike<number>));
  } finally {
    drawn.dispose();
  }
}

async function given(
  op: string,
  name: string,
  path: string,
  width: number,
  states: GivenStates | undefined,
): Promise<Matrix[] | undefined> {
  const own = states instanceof Map ? states.get(path) : states;
  if (own === undefined) return undefined;
  if (!isTensor(own)) throw new OptionError(`${op}: ${name} must be a tensor, or tensors by layer, got ${quote(own)}`);
  const { shape } = own;
  if (shape.length < 2 || shape.length > 3 || shape.at(-1) !== width || own.size === 0) {
    throw new ShapeError(
      `${op}: ${name} for ${quotedName(path)} must be [length, ${width}] or [batch, length, ${width}], got ${show(shape)}`,
    );
  }
  const length = shape.at(-2) as number;
  const values = Float64Array.from((await own.data()) as ArrayLike<number>);
  const batch = values.length / (length * width);
  return Array.from({ length: batch }, (_, i) =>
    matrix(length, width, values.subarray(i * length * width, (i + 1) * length * width)),
  );
}
