/** Means and deviations of the data sets of the paper, as its code has them. */
import {
  checkOptions,
  div,
  OptionError,
  quote,
  ShapeError,
  scope,
  show,
  sub,
  type Tensor,
  tensor,
} from '@saccade/tensor';

/** Of each channel, for pixels from 0 to 1. */
export interface Normalisation {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** rotMNIST, CIFAR-10 and PatchCamelyon. */
export const normalisations: { readonly [name in 'rotMNIST' | 'CIFAR-10' | 'PCam']: Normalisation } = {
  rotMNIST: { mean: [0.1307], deviation: [0.3081] },
  'CIFAR-10': { mean: [0.4914, 0.4822, 0.4465], deviation: [0.2023, 0.1994, 0.201] },
  PCam: { mean: [0.701, 0.538, 0.692], deviation: [0.235, 0.277, 0.213] },
};

/**
 * (images - mean) / deviation, channel by channel, [..., channels]. After turning: what lies outside of a turned image is 0 before, and not 0 after.
 * @throws {OptionError} for a normalisation without positive deviations @throws {ShapeError} for another number of channels
 */
export function normalise(images: Tensor, normalisation: Normalisation): Tensor {
  const op = 'normalise';
  const { mean, deviation } = checkOptions(op, normalisation, ['mean', 'deviation']);
  const numbers = (list: readonly number[], valid: (value: number) => boolean): boolean =>
    Array.isArray(list) && list.every((value) => Number.isFinite(value) && valid(value));
  if (!numbers(mean, () => true) || !numbers(deviation, (value) => value > 0) || mean.length !== deviation.length) {
    throw new OptionError(
      `${op}: expected a mean and a positive deviation of each channel, got ${quote(mean)} and ${quote(deviation)}`,
    );
  }
  if (images.shape.at(-1) !== mean.length) {
    throw new ShapeError(`${op}: images must be [..., ${mean.length}], got ${show(images.shape)}`);
  }
  const { dtype, device } = images;
  const row = (values: readonly number[]): Tensor => tensor([...values], { dtype, device });
  return scope(() => div(sub(images, row(mean)), row(deviation)));
}
