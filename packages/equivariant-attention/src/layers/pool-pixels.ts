/** The maximum of 2x2 pixels, which halves features. */
import { Module } from '@saccade/nn';
import { maxPool, reshape, ShapeError, scope, show, type Tensor } from '@saccade/tensor';
import type { Form, Proof, Provable } from '../certify/proof.js';
import type { Group } from '../groups/group.js';
import { proveWindow } from './kept-window.js';
import { oneStep } from './verdicts.js';

/** [batch, group, height, width, channels] -> [batch, group, height / 2, width / 2, channels]. Of an odd side the last row or column is left out, and turns of the image leave out others. */
export class PoolPixels extends Module implements Provable {
  /** @throws {ShapeError} unless x is [batch, group, height, width, channels] of sides from 2 */
  override forward(x: Tensor): Tensor {
    if (x.rank !== 5)
      throw new ShapeError(`PoolPixels: expected [batch, group, height, width, channels], got ${show(x.shape)}`);
    const [batch, order, height, width, channels] = x.shape as [number, number, number, number, number];
    const sides = [half(height), half(width)];
    return scope(() => {
      const pooled = maxPool(reshape(x, [batch * order, height, width, channels]), { size: 2 });
      return reshape(pooled, [batch, order, ...sides, channels]);
    });
  }

  prove(form: Form, group: Group, layer: string): Proof {
    const [height, width] = [form.height as number, form.width as number];
    const odd = [height, width].find((side) => side % 2 === 1) ?? 0;
    const margins = { top: 0, bottom: height % 2, left: 0, right: width % 2 };
    const step = proveWindow(layer, group, form, margins, `2x2 pool with odd side ${odd} -> ${Math.floor(odd / 2)}`);
    return oneStep(step, { ...form, height: half(height), width: half(width) });
  }
}

/** @throws {ShapeError} for a side of 1, of which nothing is left */
function half(side: number): number {
  if (side >= 2) return Math.floor(side / 2);
  throw new ShapeError(`PoolPixels: a side of ${side} has no two pixels`);
}
