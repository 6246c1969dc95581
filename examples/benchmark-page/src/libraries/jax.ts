/** jax-js on WebGPU, and its contenders. */
import type * as JaxModule from '../../peers/jax.js';
import type { JaxArray } from '../../peers/jax.js';
import type { Contender } from '../bench/case.js';
import type { Library } from '../bench/run-case.js';
import type { Input } from '../cases/inputs.js';

export type Jax = typeof JaxModule;
export type { JaxArray };

/** @throws {Error} saying why it does not run here */
export async function startJax(): Promise<Library> {
  const jax = await import('../../peers/jax.js');
  const devices = await jax.init('webgpu');
  if (!devices.includes('webgpu')) throw new Error(`jax-js has only ${devices.join(', ')} here`);
  jax.defaultDevice('webgpu');
  return { entrant: 'jax-js webgpu', activate: () => {}, enter: (forms) => forms.jax?.(jax) };
}

/** A function of inputs: it is given under jit, which is how it is fast, and consumes references to its inputs. */
export function jaxContender(jax: Jax, inputs: readonly Input[], compute: (...x: JaxArray[]) => JaxArray): Contender {
  const arrays = inputs.map(({ values, shape }) => jax.numpy.array(values).reshape(shape));
  const jitted = jax.jit(compute);
  const call = (): JaxArray => jitted(...arrays.map((x) => x.ref));
  return {
    values: () => call().data(),
    // Nothing is submitted before something asks for the result.
    submit: async () => {
      await call().gpuBuffer();
    },
    complete: async () => {
      const result = call();
      await result.blockUntilReady();
      result.dispose();
    },
    dispose: () => {
      for (const x of arrays) x.dispose();
    },
  };
}
