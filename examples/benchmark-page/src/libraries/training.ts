/** A training step as a contender, whatever library takes it. */
import type { Contender } from '../bench/case.js';

/** Constants of Adam that all libraries use. */
export const adamConstants = { rate: 1e-3, betas: [0.9, 0.999], epsilon: 1e-8 } as const;

/** Steps whose losses are compared before timing. */
const comparedSteps = 5;

/** A number on the GPU, in both libraries that train. */
interface Loss {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}

/** @param step forward, backward and Adam; gives the loss @param dispose frees the model, the optimizer and the inputs */
export function training(step: () => Loss, dispose: () => void): Contender {
  const read = async (loss: Loss): Promise<number> => {
    const [number] = Array.from(await loss.data());
    loss.dispose();
    return number as number;
  };
  return {
    values: async () => {
      const losses = new Float32Array(comparedSteps);
      for (let i = 0; i < comparedSteps; i++) losses[i] = await read(step());
      return losses;
    },
    submit: () => step().dispose(),
    complete: async () => {
      await read(step());
    },
    dispose,
  };
}
