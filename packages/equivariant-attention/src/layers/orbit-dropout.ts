/** Dropout of images and features whose masks can be the same all over an orbit of the group. */
import { Module } from '@saccade/nn';
import {
  checkOptions,
  gather,
  mul,
  type Rng,
  requireRng,
  requireWithin,
  reshape,
  ShapeError,
  scope,
  show,
  type Tensor,
  tensor,
  where,
} from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import { factorsBy } from '../encoding/cosets.js';
import type { Group } from '../groups/group.js';
import { type PlaneMatrix, transposed } from '../groups/plane-matrix.js';
import { elementsIn } from './elements-in.js';
import { kept } from './kept.js';
import { keepingElements, keepsPixels, movedPixels, type Sides } from './pixel-grid.js';
import { type Doubt, oneStep, stepOf } from './verdicts.js';

/** Options of the layer. */
export interface OrbitDropoutOptions {
  /** The stream is split from it. */
  readonly rng: Rng;
  /** Whose orbits share masks: one number is drawn for each orbit of pixels and elements, channel and example. Default: each value is drawn by itself. */
  readonly shared?: Group | undefined;
}

/** In training sets values to 0 with a probability and scales the rest by 1 / (1 - probability); images [batch, height, width, channels] or features [batch, group, height, width, channels]. */
export class OrbitDropout extends Module implements Provable {
  readonly probability: number;
  readonly shared: Group | undefined;
  readonly #rng: Rng;
  readonly #orbits = new Map<string, Int32Array>();

  /** @throws {OptionError} unless the probability is in [0, 1] */
  constructor(probability: number, options: OrbitDropoutOptions) {
    super();
    const { rng, shared } = checkOptions('OrbitDropout', options, ['rng', 'shared']);
    this.probability = requireWithin('OrbitDropout', 'probability', probability, 0, 1);
    this.shared = shared;
    this.#rng = this.generator('rng', requireRng('OrbitDropout', rng).fork());
  }

  /** In evaluation x itself. @throws {ShapeError} unless x are images, or features over the group that shares masks */
  override forward(x: Tensor): Tensor {
    const { probability, shared } = this;
    const fits = x.rank === 4 || (x.rank === 5 && (shared === undefined || x.shape[1] === shared.order));
    if (!fits) {
      const over = shared === undefined ? '' : ` over ${shared.name}`;
      throw new ShapeError(`OrbitDropout: expected images or features${over}, got ${show(x.shape)}`);
    }
    if (!this.training || probability === 0) return x;
    if (probability === 1) return mul(x, 0);
    return scope(() => where(this.#kept(x), mul(x, 1 / (1 - probability)), 0));
  }

  /** True where values stay. */
  #kept(x: Tensor): Tensor {
    const { shape, device } = x;
    const draw = (mask: readonly number[]): Tensor => this.#rng.bernoulli(mask, 1 - this.probability, { device });
    if (this.shared === undefined) return draw(shape);
    const [height, width, channels] = shape.slice(-3) as [number, number, number];
    const orbits = this.#orbitsOf(x.rank === 5, { height, width });
    const drawn = draw([shape[0] as number, orbits.length, channels]);
    return reshape(gather(drawn, tensor(orbits, { device }), { axis: 1 }), shape);
  }

  #orbitsOf(overGroup: boolean, sides: Sides): Int32Array {
    const name = `${overGroup} ${sides.height} ${sides.width}`;
    const group = this.shared as Group;
    return kept(this.#orbits, name, () => (overGroup ? featureOrbits : pixelOrbits)(group, sides));
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const { training, probability, shared } = this;
    const reason = `dropout of ${probability} in training, with masks that are not shared over orbits`;
    const own = shared && elementsIn(group, shared);
    const sides = { height: form.height as number, width: form.width as number };
    const sharesMasks = (element: number): boolean =>
      own?.[element] !== undefined && keepsPixels(group.matrices[element] as PlaneMatrix, sides);
    const doubt = (element: number): Doubt | undefined => {
      if (!training || probability === 0 || element === group.identity || sharesMasks(element)) return undefined;
      return { reason };
    };
    return oneStep(stepOf(layer, group, doubt), form);
  }
}

/** One of each orbit of pixels under the elements that keep the image, for each pixel. */
function pixelOrbits(group: Group, sides: Sides): Int32Array {
  const moves = keepingElements(group, sides).map((h) => movedPixels(group.matrices[h] as PlaneMatrix, sides));
  return Int32Array.from({ length: sides.height * sides.width }, (_, pixel) =>
    Math.min(...moves.map((move) => move[pixel] as number)),
  );
}

/** One of each orbit of elements and pixels: (l r, pixel) is on that of (r, l^-1 pixel). */
function featureOrbits(group: Group, sides: Sides): Int32Array {
  const pixels = sides.height * sides.width;
  const orbits = new Int32Array(group.order * pixels);
  for (const [element, { l, r }] of factorsBy(group, keepingElements(group, sides)).entries()) {
    const back = movedPixels(transposed(group.matrices[l] as PlaneMatrix), sides);
    for (let pixel = 0; pixel < pixels; pixel++)
      orbits[element * pixels + pixel] = r * pixels + (back[pixel] as number);
  }
  return orbits;
}
