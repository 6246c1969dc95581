/** Takes pixels away at the border of features. */
import { Module } from '@saccade/nn';
import { crop, OptionError, quote, ShapeError, scope, show, type Tensor } from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { proveWindow } from './kept-window.js';
import { oneStep } from './verdicts.js';

/** Pixels that go at each side; or [before, after] of both axes, which is the same for turned images only if they are equal. */
export type CropWidth = number | readonly [before: number, after: number];

/** [batch, group, height, width, channels] without some pixels at each side. */
export class Crop extends Module implements Provable {
  readonly before: number;
  readonly after: number;

  /** @throws {OptionError} unless it is a whole number from 0, or two */
  constructor(width: CropWidth) {
    super();
    const pair = typeof width === 'number' ? [width, width] : width;
    const isPair = Array.isArray(pair) && pair.length === 2 && pair.every((w) => Number.isSafeInteger(w) && w >= 0);
    if (!isPair) throw new OptionError(`Crop: expected a whole number from 0, or [before, after], got ${quote(width)}`);
    [this.before, this.after] = pair as [number, number];
  }

  /** What is left of a side. @throws {ShapeError} if nothing is */
  side(extent: number): number {
    const left = extent - this.before - this.after;
    if (left >= 1) return left;
    throw new ShapeError(`Crop: ${this.before} and ${this.after} pixels leave nothing of ${extent}`);
  }

  /** @throws {ShapeError} unless x is [batch, group, height, width, channels] with pixels left */
  override forward(x: Tensor): Tensor {
    if (x.rank !== 5)
      throw new ShapeError(`Crop: expected [batch, group, height, width, channels], got ${show(x.shape)}`);
    if (this.before + this.after === 0) return x;
    const [batch, order, height, width, channels] = x.shape as [number, number, number, number, number];
    const { before } = this;
    return scope(() =>
      crop(x, [0, 0, before, before, 0], [batch, order, this.side(height), this.side(width), channels]),
    );
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const { before, after } = this;
    const margins = { top: before, bottom: after, left: before, right: after };
    const reason = `crop of ${before} before and ${after} behind`;
    const step = proveWindow(layer, group, form, margins, reason);
    return oneStep(step, { ...form, height: this.side(form.height as number), width: this.side(form.width as number) });
  }
}
