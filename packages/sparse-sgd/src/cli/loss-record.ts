/** The curve of one worker: means of its losses, and what it had sent by then. */
import type { OptimizerTraffic } from '../distributed/traffic.js';
import type { LossPoint } from '../pictures/loss-series.js';

/** The curve as it grows. */
export class LossRecord {
  readonly #points: LossPoint[] = [];
  #before: LossPoint | undefined;
  #sum = 0;
  #count = 0;

  get points(): readonly LossPoint[] {
    return this.#points;
  }

  /** Begins with the points of the run that this one goes on with. */
  goOn(points: readonly LossPoint[]): void {
    this.#points.push(...points);
    this.#before = points.at(-1);
  }

  add(loss: number): void {
    this.#sum += loss;
    this.#count += 1;
  }

  /** Makes a point of the losses since the last one. @returns false if there were none */
  close(step: number, { bytes, paperBits }: OptimizerTraffic): boolean {
    if (this.#count === 0) return false;
    const before = { bits: this.#before?.bits ?? 0, bytes: this.#before?.bytes ?? 0 };
    const loss = this.#sum / this.#count;
    this.#points.push({ step, bits: before.bits + paperBits, bytes: before.bytes + bytes, loss });
    [this.#sum, this.#count] = [0, 0];
    return true;
  }
}
