/** The kernel of Sinkhorn's iterations around some potentials, so that iterations nearby need products instead of exponentials. */
import type { Transport } from './transport.js';

/** Factors in this range cannot bring an entry that underflowed (e^-708) back to where it would count. */
const farthest = 1e130;

/** Whether a factor leaves the range in which a centred kernel is exact; NaN does. */
export function farFromOne(factor: number): boolean {
  return !(factor > 1 / farthest && factor < farthest);
}

/** K_ij = e^((f_i + g_j - C_ij) / epsilon), of which f follows from g so that rows sum to 1 / n. */
export class ScaledKernel {
  readonly transport: Transport;
  readonly n: number;
  readonly m: number;
  /** [n, m] */
  readonly matrix: Float64Array;
  readonly f: Float64Array;
  readonly g: Float64Array;
  /** e^((F - f) / epsilon) of the iteration at hand. */
  readonly rowScale: Float64Array;

  constructor(transport: Transport) {
    this.transport = transport;
    this.n = transport.x.length;
    this.m = transport.anchors.length;
    this.matrix = new Float64Array(this.n * this.m);
    this.f = new Float64Array(this.n);
    this.g = new Float64Array(this.m);
    this.rowScale = new Float64Array(this.n).fill(1);
  }

  /** Moves to the potentials g and the f that follows from them: f_i = smin_j(C_ij - g_j) - epsilon ln n. */
  centre(g: Float64Array): void {
    const { x, anchors, epsilon } = this.transport;
    this.g.set(g);
    this.rowScale.fill(1);
    for (let i = 0, at = 0; i < this.n; i++, at += this.m) {
      let top = -Infinity;
      for (let j = 0; j < this.m; j++) {
        const gain = (g[j]! - (x[i]! - anchors[j]!) ** 2) / epsilon;
        this.matrix[at + j] = gain;
        top = Math.max(top, gain);
      }
      let sum = 0;
      for (let j = 0; j < this.m; j++) {
        const e = Math.exp(this.matrix[at + j]! - top);
        this.matrix[at + j] = e;
        sum += e;
      }
      for (let j = 0; j < this.m; j++) this.matrix[at + j] = this.matrix[at + j]! / (sum * this.n);
      this.f[i] = -epsilon * (top + Math.log(sum * this.n));
    }
  }

  /** Scales the rows so that with the columns scaled by v they sum to 1 / n; false if that leads too far away. */
  scaleRows(v: Float64Array): boolean {
    const { n, m, matrix, rowScale } = this;
    for (let i = 0, at = 0; i < n; i++, at += m) {
      let sum = 0;
      for (let j = 0; j < m; j++) sum += matrix[at + j]! * v[j]!;
      rowScale[i] = 1 / (n * sum);
      if (farFromOne(rowScale[i]!)) return false;
    }
    return true;
  }

  /** The log-domain step of one anchor: smin_i(C_ij - F_i) + epsilon ln nu_j, for F at this iteration. */
  columnStep(j: number): number {
    const { x, anchors, masses, epsilon } = this.transport;
    const gain = (i: number): number => {
      const potential = this.f[i]! / epsilon + Math.log(this.rowScale[i]!);
      return potential - (x[i]! - anchors[j]!) ** 2 / epsilon;
    };
    let top = -Infinity;
    for (let i = 0; i < this.n; i++) top = Math.max(top, gain(i));
    let sum = 0;
    for (let i = 0; i < this.n; i++) sum += Math.exp(gain(i) - top);
    return epsilon * (Math.log(masses[j]! / sum) - top);
  }

  /** e^((f_i + G_j - C_ij) / epsilon) for other potentials G of the anchors, by exponentials: [n, m]. */
  between(potentials: Float64Array): Float64Array {
    const { x, anchors, epsilon } = this.transport;
    return this.matrix.map((_, at) => {
      const i = Math.floor(at / this.m);
      const j = at % this.m;
      return Math.exp((this.f[i]! + potentials[j]! - (x[i]! - anchors[j]!) ** 2) / epsilon);
    });
  }
}
