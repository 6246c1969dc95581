/** The same pseudo-random inputs for every library. Ours on the CPU has to be the device while they are made. */
import { Rng, scope } from '@saccade/tensor';

export interface Input {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Values uniform in [-1, 1). */
export function randomInput(shape: readonly number[], seed: number): Input {
  const values = scope(() =>
    new Rng(seed)
      .uniform([...shape], { low: -1, high: 1 })
      .dataSync<'float32'>()
      .slice(),
  );
  return { shape, values };
}
