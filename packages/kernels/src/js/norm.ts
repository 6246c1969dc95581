/** Norm kernels of the `js` device: the oracle. */
import type { TypedArray } from '../dtype.js';
import type { NormKernels } from '../table/norm.js';

/** One group that is normalised together: a row (layer norm) or a column (batch norm). */
interface Group {
  readonly at: number;
  readonly step: number;
  readonly size: number;
}

const rowOf = (row: number, size: number): Group => ({ at: row * size, step: 1, size });
const columnOf = (column: number, rows: number, channels: number): Group => ({
  at: column,
  step: channels,
  size: rows,
});

function meanOf({ at, step, size }: Group, f: (place: number) => number): number {
  let sum = 0;
  for (let s = 0; s < size; s++) sum += f(at + s * step);
  return sum / size;
}

/** Mean and variance, in two passes so that a large mean costs no digits. */
function moments(x: TypedArray, group: Group): [number, number] {
  const mean = meanOf(group, (place) => x[place]!);
  return [mean, meanOf(group, (place) => (x[place]! - mean) ** 2)];
}

/**
 * dx = rstd (g - mean(g) - xhat mean(g xhat)) with g = dy gamma. The mean was rounded to the buffer's type, so what is
 * left of it in x - mean is taken out once more.
 */
function groupGrad(
  x: TypedArray,
  group: Group,
  storedMean: number,
  rstd: number,
  g: (place: number) => number,
  dx: TypedArray,
): (place: number) => number {
  const mean = storedMean + meanOf(group, (place) => x[place]! - storedMean);
  const xhat = (place: number): number => (x[place]! - mean) * rstd;
  const meanG = meanOf(group, g);
  const meanGXhat = meanOf(group, (place) => g(place) * xhat(place));
  for (let s = 0; s < group.size; s++) {
    const place = group.at + s * group.step;
    dx[place] = rstd * (g(place) - meanG - xhat(place) * meanGXhat);
  }
  return xhat;
}

export const norm: NormKernels<TypedArray> = {
  layerNorm(x, gamma, beta, out, mean, rstd, rows, size, epsilon) {
    for (let row = 0; row < rows; row++) {
      const [m, variance] = moments(x, rowOf(row, size));
      const scale = 1 / Math.sqrt(variance + epsilon);
      mean[row] = m;
      rstd[row] = scale;
      for (let c = 0; c < size; c++) {
        out[row * size + c] = (x[row * size + c]! - m) * scale * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
      }
    }
  },

  layerNormGrad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, size) {
    const sumGamma = new Float64Array(size);
    const sumBeta = new Float64Array(size);
    for (let row = 0; row < rows; row++) {
      const g = (place: number): number => dy[place]! * (gamma?.[place - row * size] ?? 1);
      const xhat = groupGrad(x, rowOf(row, size), mean[row]!, rstd[row]!, g, dx);
      for (let c = 0; c < size; c++) {
        const place = row * size + c;
        sumGamma[c]! += dy[place]! * xhat(place);
        sumBeta[c]! += dy[place]!;
      }
    }
    dgamma?.set(sumGamma);
    dbeta?.set(sumBeta);
  },

  batchNorm(x, gamma, beta, out, mean, variance, rstd, rows, channels, epsilon) {
    for (let c = 0; c < channels; c++) {
      const [m, v] = moments(x, columnOf(c, rows, channels));
      const scale = 1 / Math.sqrt(v + epsilon);
      mean[c] = m;
      variance[c] = v;
      rstd[c] = scale;
      for (let place = c; place < rows * channels; place += channels) {
        out[place] = (x[place]! - m) * scale * (gamma?.[c] ?? 1) + (beta?.[c] ?? 0);
      }
    }
  },

  batchNormGrad(x, gamma, mean, rstd, dy, dx, dgamma, dbeta, rows, channels) {
    for (let c = 0; c < channels; c++) {
      const group = columnOf(c, rows, channels);
      const g = (place: number): number => dy[place]! * (gamma?.[c] ?? 1);
      const xhat = groupGrad(x, group, mean[c]!, rstd[c]!, g, dx);
      if (dgamma) dgamma[c] = rows === 0 ? 0 : meanOf(group, (place) => dy[place]! * xhat(place)) * rows;
      if (dbeta) dbeta[c] = rows === 0 ? 0 : meanOf(group, (place) => dy[place]!) * rows;
    }
  },
};
