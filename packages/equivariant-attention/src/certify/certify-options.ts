/** What one can say about how to certify, checked. */
import {
  checkOptions,
  isTensor,
  OptionError,
  quote,
  requireAbove,
  requireCount,
  requireFlag,
  requireOneOf,
  requireWithin,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import { type Action, requireAction } from './actions.js';

/** How to certify. */
export interface CertifyOptions {
  /** Of one input: [height, width, channels], of features [group, height, width, channels]. Default: the model's `inputShape`, if it has one. Needed unless `inputs` are given. */
  readonly shape?: readonly number[] | undefined;
  /** Inputs to measure with, [inputs, ...shape]. Default: random ones. */
  readonly inputs?: Tensor | undefined;
  /** How many inputs to measure with; 0 measures nothing, and only proves. Default: all that are given, else 4. */
  readonly samples?: number | undefined;
  /** Of random inputs. Default 0. */
  readonly seed?: number | undefined;
  /** Of random inputs. Default 'float32'. */
  readonly dtype?: 'float32' | 'float64' | undefined;
  /** Elements to ask about. Default: all. */
  readonly elements?: readonly number[] | undefined;
  /** What elements do with inputs: 'image' (default), 'features', 'invariant', or a function (input [1, ...shape], element) => input. */
  readonly inputAction?: Action | undefined;
  /** What they do with the output. Default: what the proof says, else by its axes: 'image' for 4, 'features' for 5, 'invariant' for [batch, outputs]. */
  readonly outputAction?: Action | undefined;
  /** Errors up to this are rounding. Default 2e-5, 1e-10 in float64. */
  readonly tolerance?: number | undefined;
  /** For elements that do not map pixels to pixels. Default 'cubic'. */
  readonly interpolation?: 'bilinear' | 'cubic' | undefined;
  /** For these, the share of the way from the centre to the nearest edge within which outputs with pixels are compared. Default 0.75. */
  readonly radius?: number | undefined;
  /** Certifies the model in training, with the same random numbers for each input, instead of in evaluation. Default false. */
  readonly training?: boolean | undefined;
  /** Throws for NaN and infinite values instead of telling them. Default false. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before each run of the model on a turned input, and at the end. */
  readonly onProgress?: ((done: { readonly done: number; readonly total: number }) => void) | undefined;
}

type Free = 'inputs' | 'outputAction' | 'signal' | 'onProgress';

/** The options with all that was left out. */
export type CertifyPlan = {
  readonly [K in Exclude<keyof CertifyOptions, Free>]-?: Exclude<CertifyOptions[K], undefined>;
} & {
  readonly [K in Free]: CertifyOptions[K];
};

const op = 'certify';

const names = [
  ...(['shape', 'inputs', 'samples', 'seed', 'dtype', 'elements', 'inputAction', 'outputAction'] as const),
  ...(['tolerance', 'interpolation', 'radius', 'training', 'strict', 'signal', 'onProgress'] as const),
];

/** @throws {OptionError} @throws {ShapeError} */
export function readCertifyOptions(model: unknown, group: Group, options: CertifyOptions): CertifyPlan {
  const given = checkOptions(op, options, names);
  const { inputs, seed = 0, dtype = 'float32', inputAction = 'image', outputAction, interpolation = 'cubic' } = given;
  const { radius = 0.75, training = false, strict = false, signal, onProgress } = given;
  if (inputs !== undefined && !isTensor(inputs)) {
    throw new OptionError(`${op}: inputs must be a tensor [inputs, ...shape], got ${quote(inputs)}`);
  }
  requireAction(op, 'inputAction', inputAction);
  if (outputAction !== undefined) requireAction(op, 'outputAction', outputAction);
  const shape = shapeOf(model, group, given, inputAction);
  const available = inputs?.shape[0];
  const samples = requireCount(op, 'samples', given.samples ?? available ?? 4, 0, available);
  const precise = (inputs?.dtype ?? dtype) === 'float64';
  const tolerance = requireAbove(op, 'tolerance', given.tolerance ?? (precise ? 1e-10 : 2e-5));
  requireCount(op, 'seed', seed, 0);
  requireOneOf(op, 'dtype', dtype, ['float32', 'float64']);
  requireOneOf(op, 'interpolation', interpolation, ['bilinear', 'cubic']);
  requireWithin(op, 'radius', radius, 0, 1);
  requireFlag(op, 'training', training);
  requireFlag(op, 'strict', strict);
  const elements = elementsOf(group, given.elements);
  return {
    ...{ shape, inputs, samples, seed, dtype, elements, inputAction, outputAction, tolerance },
    ...{ interpolation, radius, training, strict, signal, onProgress },
  };
}

function shapeOf(model: unknown, group: Group, { inputs, shape }: CertifyOptions, action: Action): readonly number[] {
  const own = (model as { readonly inputShape?: readonly number[] } | null)?.inputShape;
  const of = inputs?.shape.slice(1) ?? shape ?? own;
  if (of === undefined) {
    throw new OptionError(
      `${op}: expected shape, such as [28, 28, 1], or inputs, as the model does not tell its inputShape`,
    );
  }
  const axes = action === 'features' ? ['group', 'height', 'width', 'channels'] : ['height', 'width', 'channels'];
  const counts =
    Array.isArray(of) && of.length > 0 && of.every((extent) => Number.isSafeInteger(extent) && extent >= 1);
  if (!counts) throw new OptionError(`${op}: shape must be of whole numbers from 1, got ${quote(of)}`);
  if (typeof action === 'function' || action === 'invariant') return of;
  if (of.length !== axes.length)
    throw new ShapeError(`${op}: inputs that are ${action} must be [${axes}], got ${show(of)}`);
  if (action === 'features' && of[0] !== group.order) {
    throw new ShapeError(`${op}: inputs must be over the ${group.order} elements of ${group.name}, got ${show(of)}`);
  }
  return of;
}

function elementsOf(group: Group, elements: readonly number[] | undefined): readonly number[] {
  if (elements === undefined) return group.matrices.map((_, element) => element);
  if (!Array.isArray(elements) || elements.length === 0) {
    throw new OptionError(`${op}: elements must be elements of ${group.name}, got ${quote(elements)}`);
  }
  // The table refuses what is no element.
  for (const element of elements as readonly number[]) group.inverse(element);
  return [...new Set(elements as readonly number[])];
}
