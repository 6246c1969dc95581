/** A page that trains without end on a GPU, for tests that do something to it meanwhile. */
import { Adam, MLP, meanSquaredError } from '@saccade/nn';
import { init, Rng, scope, tensor } from '@saccade/tensor';

interface Host {
  /** Steps done so far. */
  steps: number;
  /** What ended the training. */
  failure?: { name: string; message: string };
  /** Trains until something fails. */
  train(device: 'webgpu' | 'webgl2'): Promise<void>;
  /** Starts the device anew and computes something on it. */
  again(device: 'webgpu' | 'webgl2'): Promise<{ name: string; values: number[] }>;
}

const host = globalThis as unknown as Host;
host.steps = 0;

host.train = async (device) => {
  await init({ device });
  const rng = new Rng(1);
  const model = new MLP([8, 16, 1], { rng });
  const optimizer = new Adam(model, { rate: 1e-3 });
  const x = rng.normal([32, 8]);
  const y = scope(() => x.at(':', ':1').square());
  try {
    for (;;) {
      await scope(async () => optimizer.minimize(() => meanSquaredError(model.forward(x), y)).data());
      host.steps += 1;
    }
  } catch (error) {
    host.failure = { name: (error as Error).name, message: (error as Error).message };
  }
};

host.again = async (device) => {
  const { name } = await init({ device });
  const values = await scope(() => tensor([1, 2, 3]).square().add(1).data());
  return { name, values: [...values] };
};
