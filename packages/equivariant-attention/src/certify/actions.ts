/** What elements of a group do with what goes into a model, what comes out, and what is between. */
import { OptionError, quote, ShapeError, show, type Tensor } from '@saccade/tensor';
import { type ActOptions, actOnFeatures, actOnImages } from '../groups/act.js';
import type { Group } from '../groups/group.js';

/** 'image' and 'features' turn, 'invariant' stays, and a function does what it does. */
export type Action = 'image' | 'features' | 'invariant' | ((x: Tensor, element: number) => Tensor);

/** @throws {OptionError} unless it is an action */
export function requireAction(op: string, name: string, action: Action): Action {
  if (typeof action === 'function' || ['image', 'features', 'invariant'].includes(action)) return action;
  throw new OptionError(`${op}: ${name} must be 'image', 'features', 'invariant' or a function, got ${quote(action)}`);
}

/**
 * The action of something that a model gives, by its axes: [batch, height, width, channels] is an image, [batch, group, height, width, channels] and
 * [batch, group, channels] are features, [batch, outputs] and [batch] stay. Undefined for what has other axes.
 */
export function actionOf(x: Tensor, group: Group): Action | undefined {
  const { rank, shape } = x;
  if (rank === 4) return 'image';
  if (rank <= 2) return 'invariant';
  return (rank === 5 || rank === 3) && shape[1] === group.order ? 'features' : undefined;
}

/** T_h x, a tensor of its own unless it stays. @throws {ShapeError} where x does not fit */
export function applyAction(
  op: string,
  action: Action,
  x: Tensor,
  group: Group,
  element: number,
  options: ActOptions,
): Tensor {
  if (action === 'invariant') return x;
  if (typeof action === 'function') return action(x, element);
  const fits = action === 'image' ? x.rank === 4 : (x.rank === 5 || x.rank === 3) && x.shape[1] === group.order;
  if (!fits) {
    const wanted = action === 'image' ? 'images' : `features over ${group.name}`;
    throw new ShapeError(
      `${op}: expected ${wanted}, got ${show(x.shape)}; say by inputAction and outputAction what they are`,
    );
  }
  return action === 'image' ? actOnImages(x, group, element, options) : actOnFeatures(x, group, element, options);
}
