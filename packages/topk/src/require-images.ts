/** The check of images that networks are given. */
import { ShapeError, show, type Tensor } from '@saccade/tensor';

/** @throws {ShapeError} unless x is [batch, height, width, channels] */
export function requireImages(op: string, x: Tensor, channels: number): void {
  if (x.rank === 4 && x.shape[3] === channels) return;
  throw new ShapeError(`${op}: expected [batch, height, width, ${channels}], got ${show(x.shape)}`);
}
