/** Layers of `@saccade/nn` whose equivariance is plain: those that do the same with every pixel and element. */
import {
  BatchNorm,
  Dropout,
  ELU,
  GELU,
  GlobalAveragePool,
  LayerNorm,
  LeakyReLU,
  Linear,
  ReLU,
  Sigmoid,
  SiLU,
  Softplus,
  Tanh,
} from '@saccade/nn';
import type { Group } from '../groups/group.js';
import type { Form, Proof } from './proof.js';

/** They see the channels of one pixel and element, or statistics of all of them. */
const alike = [BatchNorm, ELU, GELU, LeakyReLU, Linear, ReLU, SiLU, Sigmoid, Softplus, Tanh];

/** The proof of a layer that has none of its own; undefined where nothing is known. */
export function knownProof(layer: unknown, form: Form, group: Group, path: string): Proof | undefined {
  const exact = group.matrices.map((_, element) => element);
  const plain = (output: Form): Proof => ({ steps: [{ layer: path, exact, reason: '' }], output });
  if (alike.some((kind) => layer instanceof kind) || isOverChannels(layer)) return plain(form);
  // The mean over all but batch and channels: over pixels and elements.
  if (layer instanceof GlobalAveragePool && form.height !== undefined) {
    return plain({ group: undefined, height: undefined, width: undefined });
  }
  if (!(layer instanceof Dropout)) return undefined;
  if (!layer.training || layer.probability === 0 || isShared(layer, form)) return plain(form);
  const reason = 'dropout in training, with masks that are not shared over orbits';
  return { steps: [{ layer: path, exact: [group.identity], reason, approximate: [] }], output: form };
}

/** A norm of more than the last axis would tell columns from rows. */
function isOverChannels(layer: unknown): boolean {
  return layer instanceof LayerNorm && layer.weight?.rank === 1;
}

/** Whether masks are the same for all pixels and elements. */
function isShared({ shared }: Dropout, { group, height }: Form): boolean {
  const rank = 2 + (group === undefined ? 0 : 1) + (height === undefined ? 0 : 2);
  const axes = shared.map((axis) => (axis < 0 ? axis + rank : axis));
  return Array.from({ length: rank - 2 }, (_, i) => i + 1).every((axis) => axes.includes(axis));
}
