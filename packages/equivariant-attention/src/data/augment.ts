/** Images turned at random, each on its own. */
import {
  checkOptions,
  concat,
  flip,
  gather,
  OptionError,
  quote,
  type Rng,
  requireFlag,
  requireRng,
  requireShape,
  reshape,
  rotate,
  ShapeError,
  scope,
  type Tensor,
  tensor,
} from '@saccade/tensor';
import { type ActOptions, actOnImages } from '../groups/act.js';
import type { Group, GroupOptions } from '../groups/group.js';
import { type GroupName, groupOf } from '../groups/named-groups.js';

/** How images are turned: by elements of a group, or by any angle. */
export interface AugmentOptions extends ActOptions {
  readonly rng: Rng;
  /** Each image is turned by an element, all of which are as likely. */
  readonly group?: Group | GroupName | GroupOptions | undefined;
  /** Each image is turned by an angle between these two, in radians; `true` for any. Bilinear, 0 outside. */
  readonly angles?: true | readonly [low: number, high: number] | undefined;
  /** With `angles`: half of the images are mirrored before. Default false. */
  readonly mirror?: boolean | undefined;
}

const op = 'augment';

/**
 * Images [batch, height, width, channels], each turned on its own. For a data set: `mapBatches(data, ({ images, labels }, { rng }) => ({ images: augment(images, { rng, group: 'p4' }), labels }))`.
 * @throws {OptionError} unless there is either a group or angles @throws {ShapeError} for quarter turns of images that are not square, whose sides they exchange
 */
export function augment(images: Tensor, options: AugmentOptions): Tensor {
  const names = ['rng', 'group', 'angles', 'mirror', 'interpolation'] as const;
  const { rng, group, angles, mirror = false, interpolation } = checkOptions(op, options, names);
  requireRng(op, rng);
  requireFlag(op, 'mirror', mirror);
  requireShape(op, 'images', images, ['batch', 'height', 'width', 'channels']);
  if ((group === undefined) === (angles === undefined)) {
    throw new OptionError(`${op}: expected a group or angles, got ${group === undefined ? 'neither' : 'both'}`);
  }
  if (group === undefined) {
    if (interpolation === 'cubic') throw new OptionError(`${op}: angles are interpolated bilinearly, got "cubic"`);
    return byAngles(images, rng, rangeOf(angles), mirror);
  }
  if (mirror) throw new OptionError(`${op}: mirror goes with angles; groups such as p4m have mirrors of their own`);
  return byElements(images, rng, groupOf(group), { interpolation });
}

function rangeOf(angles: AugmentOptions['angles']): readonly [number, number] {
  if (angles === true) return [0, 2 * Math.PI];
  const [low, high]: readonly [number, number] = Array.isArray(angles) ? angles : [Number.NaN, Number.NaN];
  if (Number.isFinite(low) && Number.isFinite(high) && low <= high) return [low, high];
  throw new OptionError(`${op}: angles must be true, or two numbers, the lower first, got ${quote(angles)}`);
}

function byAngles(images: Tensor, rng: Rng, [low, high]: readonly [number, number], mirror: boolean): Tensor {
  const { dtype, device } = images;
  const batch = images.shape[0] as number;
  const drawn = Float64Array.from({ length: batch }, () => low + (high - low) * rng.number());
  const mirrored = Array.from({ length: batch }, () => (mirror && rng.number() < 0.5 ? 1 : 0));
  return scope(() => {
    const given = mirror ? chosen(images, mirrored, [images, flip(images, 2)]) : images;
    return rotate(given, tensor(drawn, { dtype, device }));
  });
}

function byElements(images: Tensor, rng: Rng, group: Group, options: ActOptions): Tensor {
  const [batch, height, width] = images.shape as readonly [number, number, number];
  const exchanges = group.matrices.some(([[a], [c]]) => a === 0 && Math.abs(c) === 1);
  if (height !== width && exchanges) {
    throw new ShapeError(
      `${op}: ${group.name} has quarter turns, which exchange the sides of ${height} x ${width} pixels`,
    );
  }
  const drawn = Array.from({ length: batch }, () => Math.floor(rng.number() * group.order));
  return scope(() => {
    // Each element acts on its own images alone; then they are put in their old order.
    const sorted = Array.from(drawn.keys()).sort((i, j) => (drawn[i] as number) - (drawn[j] as number) || i - j);
    const turned: Tensor[] = [];
    for (let from = 0; from < sorted.length; ) {
      const element = drawn[sorted[from] as number] as number;
      let to = from;
      while (to < sorted.length && drawn[sorted[to] as number] === element) to += 1;
      const own = gather(images, rows(images, sorted.slice(from, to)));
      turned.push(actOnImages(own, group, element, options));
      from = to;
    }
    if (turned.length === 0) return reshape(images, images.shape);
    const places = new Int32Array(batch);
    sorted.forEach((row, place) => {
      places[row] = place;
    });
    return gather(concat(turned, 0), rows(images, places));
  });
}

/** Row i of the version that was chosen for it. */
function chosen(images: Tensor, choice: readonly number[], versions: readonly Tensor[]): Tensor {
  const batch = choice.length;
  return gather(
    concat([...versions], 0),
    rows(
      images,
      choice.map((version, i) => version * batch + i),
    ),
  );
}

function rows({ device }: Tensor, numbers: ArrayLike<number>): Tensor {
  return tensor(Int32Array.from(numbers), { device });
}
