/** Saccade on each of its devices, and its contenders. */
import { type Device, init, useDevice } from '@saccade/kernels';
import { Adam, type AnyModule } from '@saccade/nn';
import { at, dispose, flatten, scope, type Tensor } from '@saccade/tensor';
import type { Contender } from '../bench/case.js';
import type { Library } from '../bench/run-case.js';
import { adamConstants, training } from './training.js';

export type SaccadeDevice = 'wasm' | 'webgpu' | 'webgl2';

/** @throws {Error} saying why the device cannot be had */
export async function startSaccade(name: SaccadeDevice): Promise<Library & { readonly device: Device }> {
  const device = await init({ device: name });
  if (device.name !== name) throw new Error(device.info.reason);
  return {
    entrant: `saccade ${name}`,
    device,
    activate: () => {
      useDevice(device);
    },
    enter: (forms) => forms.saccade(device),
    report: () => device.report(),
  };
}

/** One element: when it has arrived, all is computed. */
async function awaitResult(result: Tensor): Promise<void> {
  const element = scope(() => at(flatten(result), ':1'));
  await element.data();
  element.dispose();
}

/** A function of inputs: it runs in a scope, its result is disposed. */
export function saccadeContender(inputs: Tensor[], compute: () => Tensor): Contender {
  return {
    values: async () => {
      const result = scope(compute);
      const values = await result.data<'float32'>();
      result.dispose();
      return values;
    },
    submit: () => scope(compute).dispose(),
    complete: async () => {
      const result = scope(compute);
      await awaitResult(result);
      result.dispose();
    },
    dispose: () => dispose(inputs),
  };
}

/** Training steps: forward, backward and Adam. Takes over model and inputs. */
export function saccadeTraining<M extends AnyModule>(
  model: M,
  inputs: Tensor[],
  loss: (model: M) => Tensor,
): Contender {
  const adam = new Adam(model, adamConstants);
  return training(
    () => adam.minimize(() => loss(model)),
    () => {
      adam.dispose();
      model.dispose();
      dispose(inputs);
    },
  );
}
