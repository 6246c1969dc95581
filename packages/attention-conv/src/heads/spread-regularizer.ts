/** The release's regulariser of spreads, with the gradient that it lacks there. */
import { customGrad, eigSymmetricMatrix, OptionError, type Tensor, tensor } from '@saccade/tensor';
import { QuadraticAttention } from '../layers/quadratic-attention.js';
import type { Spread } from '../layers/spread.js';

/**
 * mean((kappa - 1)^2) over all heads of the layers, with kappa the condition number of a head's precision: times a small factor added to the loss, it keeps heads
 * round. A scalar; 0 for isotropic layers. Heads of a singular precision, which no gradient leads back, are left out. Computed on the host in float64.
 * @throws {OptionError} for other layers, or none @throws {DeviceError} on a GPU, whose memory the CPU does not see
 */
export function spreadRegularizer(layers: QuadraticAttention | readonly QuadraticAttention[]): Tensor {
  const all = [layers].flat();
  if (all.length === 0 || !all.every((layer) => layer instanceof QuadraticAttention)) {
    throw new OptionError('spreadRegularizer: takes quadratic attention layers, one or more');
  }
  const heads = all.reduce((count, layer) => count + layer.heads, 0);
  const regularize = customGrad(
    (...spreads: readonly Tensor[]) => {
      const terms = all.map((layer) => layer.spreadsNow().map(termOf));
      const sum = terms.flat().reduce((total, { value }) => total + value, 0);
      const { dtype, device } = spreads[0] as Tensor;
      const gradients = all.map((layer, i) => {
        const { shape, dtype, device } = layer.spreads;
        return tensor(gradientOf(layer, terms[i] as readonly Term[]), { shape, dtype, device });
      });
      return {
        value: tensor(sum / Math.max(1, heads), { dtype, device }),
        backward: (dy) => gradients.map((gradient) => gradient.mul(dy).div(heads)),
      };
    },
    { name: 'spreadRegularizer', firstOrder: true },
  );
  return regularize(...all.map(({ spreads }) => spreads));
}

/** One head's summand, and its gradient by the precision matrix P. */
interface Term {
  readonly value: number;
  readonly byPrecision: Float64Array;
}

/** Above it a precision is singular, but for rounding. */
const SINGULAR = 1e8;

/** (kappa - 1)^2; an eigenvalue's gradient by P is the outer square of its eigenvector. */
function termOf({ precision, isotropic }: Spread): Term {
  const { rows: n } = precision;
  const byPrecision = new Float64Array(n * n);
  if (isotropic) return { value: 0, byPrecision };
  const { values, vectors } = eigSymmetricMatrix(precision);
  const [smallest, largest] = [values[0] as number, values[n - 1] as number];
  const kappa = largest / smallest;
  if (!(smallest > 0 && kappa < SINGULAR)) return { value: 0, byPrecision };
  const at = (row: number, column: number): number => vectors.data[row * n + column] as number;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const change = at(i, n - 1) * at(j, n - 1) - kappa * at(i, 0) * at(j, 0);
      byPrecision[i * n + j] = (2 * (kappa - 1) * change) / smallest;
    }
  }
  return { value: (kappa - 1) ** 2, byPrecision };
}

/** By the spreads s, where P is diag(s^2), or S S^T: 2 G S. */
function gradientOf(layer: QuadraticAttention, terms: readonly Term[]): Float64Array {
  const { dims, covariance } = layer;
  const s = layer.spreads.dataSync();
  const gradient = new Float64Array(s.length);
  if (covariance === 'isotropic') return gradient;
  const each = s.length / Math.max(1, layer.heads);
  return gradient.map((_, place) => {
    const head = Math.floor(place / each);
    const { byPrecision } = terms[head] as Term;
    const own = place % each;
    if (covariance === 'diagonal') return 2 * byPrecision[own * dims + own]! * Number(s[place]);
    const [row, column] = [Math.floor(own / dims), own % dims];
    let sum = 0;
    for (let k = 0; k < dims; k++) sum += byPrecision[row * dims + k]! * Number(s[head * each + k * dims + column]);
    return 2 * sum;
  });
}
