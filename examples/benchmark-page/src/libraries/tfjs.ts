/** tfjs on its two GPU backends, and its contenders. */
import type * as TfjsModule from '../../peers/tfjs.js';
import type { TfTensor } from '../../peers/tfjs.js';
import type { Contender } from '../bench/case.js';
import type { Library } from '../bench/run-case.js';
import type { Input } from '../cases/inputs.js';
import { adamConstants, training } from './training.js';

export type Tfjs = typeof TfjsModule;
export type { TfTensor };

/** @throws {Error} saying why it does not run here */
export async function startTfjs(backend: 'webgpu' | 'webgl'): Promise<Library> {
  const tf = await import('../../peers/tfjs.js');
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs could not start its ${backend} backend`);
  await tf.ready();
  return {
    entrant: `tfjs ${backend}`,
    activate: async () => {
      await tf.setBackend(backend);
    },
    enter: (forms) => forms.tfjs?.(tf),
  };
}

/** A function of inputs: it runs in a tidy, its result is disposed. */
export function tfjsContender(tf: Tfjs, inputs: readonly Input[], compute: (...x: TfTensor[]) => TfTensor): Contender {
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
  const call = (): TfTensor => tf.tidy(() => compute(...tensors));
  return {
    values: async () => {
      const result = call();
      const values = await result.data();
      result.dispose();
      return values;
    },
    submit: () => call().dispose(),
    complete: async () => {
      const result = call();
      const element = tf.tidy(() => tf.slice(tf.reshape(result, [-1]), [0], [1]));
      await element.data();
      tf.dispose([result, element]);
    },
    dispose: () => tf.dispose(tensors),
  };
}

/** Training steps: forward, backward and Adam. `loss` gets the parameters by name and the inputs. */
export function tfjsTraining(
  tf: Tfjs,
  start: ReadonlyMap<string, Input>,
  inputs: readonly Input[],
  loss: (parameter: (name: string) => TfTensor, ...inputs: TfTensor[]) => TfTensor,
): Contender {
  const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
  const variables = new Map(
    Array.from(start, ([name, { values, shape }]) => [name, tf.tidy(() => tf.variable(tf.tensor(values, shape)))]),
  );
  const list = [...variables.values()];
  const parameter = (name: string): TfTensor => {
    const found = variables.get(name);
    if (found === undefined) throw new Error(`no parameter '${name}' among ${[...variables.keys()].join(', ')}`);
    return found;
  };
  const { rate, betas, epsilon } = adamConstants;
  const adam = tf.train.adam(rate, ...betas, epsilon);
  const step = (): TfTensor =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(() => loss(parameter, ...tensors), list);
      adam.applyGradients(grads);
      return value;
    });
  return training(step, () => {
    adam.dispose();
    tf.dispose([...tensors, ...list]);
  });
}
