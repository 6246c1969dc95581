/** A smooth random picture that is known between its pixels, so that it can be turned by any angle without interpolation. */
import { type Rng, type Tensor, tensor } from '@saccade/tensor';

/** A bump of the picture. */
interface Bump {
  readonly y: number;
  readonly x: number;
  readonly size: number;
}

/** Sums of Gaussian bumps all over a disc. */
export class SmoothField {
  readonly #bumps: readonly Bump[];
  readonly #deviation: number;

  /** @param side pixels across the pictures that are taken of it @param deviation of a bump, in pixels */
  constructor(rng: Rng, side: number, deviation = 2) {
    this.#deviation = deviation;
    const radius = side / Math.SQRT2 + 2 * deviation;
    this.#bumps = Array.from({ length: Math.round((radius / deviation) ** 2) }, () => {
      const [distance, angle] = [radius * Math.sqrt(rng.number()), 2 * Math.PI * rng.number()];
      return { y: distance * Math.cos(angle), x: distance * Math.sin(angle), size: 2 * rng.number() - 1 };
    });
  }

  /** [1, side, side, 1]: the picture turned counter-clockwise by an angle about its centre. */
  picture(side: number, angle = 0): Tensor {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const values = Float32Array.from({ length: side * side }, (_, pixel) => {
      const [y, x] = [Math.floor(pixel / side) - (side - 1) / 2, (pixel % side) - (side - 1) / 2];
      return this.#at(cos * y + sin * x, cos * x - sin * y);
    });
    return tensor(values, { shape: [1, side, side, 1] });
  }

  #at(row: number, column: number): number {
    const width = 2 * this.#deviation ** 2;
    return this.#bumps.reduce(
      (sum, { y, x, size }) => sum + size * Math.exp(-((row - y) ** 2 + (column - x) ** 2) / width),
      0,
    );
  }
}
