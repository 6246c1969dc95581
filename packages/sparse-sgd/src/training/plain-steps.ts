/** Mem-SGD (Algorithm 1) for any compressor, in plain JavaScript. Several workers (Algorithm 2) take turns. */
import { Rng } from '@saccade/tensor';
import { applyMessage } from '../compress/apply-message.js';
import type { Vector } from '../compress/message.js';
import { addGradient } from '../kernels/js/linear-gradient.js';
import { encodedBytes } from '../wire/encoded-bytes.js';
import { messageBits } from '../wire/paper-bits.js';
import { weightOf } from './averages.js';
import type { SGDPlan } from './sgd-plan.js';
import { type Slice, type Steps, stored, type Traffic } from './steps.js';

/** The state of a run, and its steps. */
export class PlainSteps implements Steps {
  readonly traffic: Traffic = { bits: 0, bytes: 0 };
  readonly threads = 1;
  readonly #plan: SGDPlan;
  readonly #x: Float64Array;
  readonly #m: Float64Array;
  readonly #estimate: Float64Array;
  readonly #rng: Rng;

  constructor(plan: SGDPlan) {
    const { rows, start, seed, workers } = plan;
    this.#plan = plan;
    this.#x = Float64Array.from(start);
    this.#m = new Float64Array(workers * rows.size);
    this.#estimate = Float64Array.from(start);
    this.#rng = new Rng(seed).derive(3);
  }

  run({ first, order, rates }: Slice): void {
    const { rows, compressor, memory, scale, lambda, average, tau, workers } = this.#plan;
    const [x, estimate] = [this.#x, this.#estimate];
    for (let i = 0; i < order.length; i++) {
      const step = first + i;
      const worker = step % workers;
      const m = this.#m.subarray(worker * x.length, (worker + 1) * x.length);
      addGradient(rows, order[i]!, x, rates[i]!, lambda, m); // v = m + eta gradient, in the place of m
      const message = compressor.compress(m, this.#rng, { step, stream: 0 });
      applyMessage(message, x, -scale); // x -= g
      if (memory)
        applyMessage(message, m, -1); // m = v - g
      else m.fill(0);
      const weight = weightOf(average, step, tau);
      for (let j = 0; j < x.length; j++) estimate[j]! += weight * (x[j]! - estimate[j]!);
      this.traffic.bits += messageBits(message);
      this.traffic.bytes += encodedBytes(message, { step });
    }
  }

  weights(): Float64Array {
    return this.#x.slice();
  }

  estimate(): Vector {
    return this.#estimate.slice();
  }

  memory(): Float64Array {
    return this.#m.slice();
  }

  state(): Record<string, Float64Array> {
    const { block } = this.#rng.state;
    return { x: this.#x, memory: this.#m, estimate: this.#estimate, drawn: Float64Array.of(block) };
  }

  restore(op: string, state: Readonly<Record<string, Float64Array>>): void {
    for (const [name, own] of Object.entries({ x: this.#x, memory: this.#m, estimate: this.#estimate })) {
      own.set(stored(op, state, name, own.length));
    }
    this.#rng.state = { ...this.#rng.state, block: stored(op, state, 'drawn', 1)[0]! };
  }

  dispose(): void {}
}
