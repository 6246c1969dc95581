/** One training step as a contender: forward, backward and Adam on a model of its own, the same start values for all. */
import { Adam, type AnyModule } from '@saccade/nn';
import { dispose, scope, type Tensor, transpose } from '@saccade/tensor';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import type { Contender } from './case.js';
import type { Input } from './side-by-side.js';

const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-8];
/** Steps whose losses are compared before timing. */
const checked = 5;

/** The parameters by name. Matrices are turned to [inputs, outputs], as tfjs takes them: it is slow on those that must be turned. */
export function startValues(model: AnyModule): Map<string, Input> {
  const read = (t: Tensor): Input => ({ shape: t.shape, values: t.dataSync<'float32'>().slice() });
  return scope(
    () => new Map(Array.from(model.parameters(), ([name, t]) => [name, read(t.rank === 2 ? transpose(t) : t)])),
  );
}

/** Takes over model and inputs. */
export function saccadeTraining<M extends AnyModule>(
  model: M,
  inputs: Tensor[],
  loss: (model: M) => Tensor,
): Contender {
  const adam = new Adam(model, { rate, betas: [beta1, beta2], epsilon });
  return training(
    () => adam.minimize(() => loss(model)),
    (value) => value.item(),
    () => {
      adam.dispose();
      model.dispose();
      dispose(inputs);
    },
  );
}

/** `loss` gets the parameters by name. Takes over the inputs. */
export function tfjsTraining(
  tf: Tfjs,
  start: ReadonlyMap<string, Input>,
  inputs: TfTensor[],
  loss: (parameter: (name: string) => TfTensor) => TfTensor,
): Contender {
  const variables = new Map(
    Array.from(start, ([name, { values, shape }]) => [name, tf.tidy(() => tf.variable(tf.tensor(values, shape)))]),
  );
  const list = [...variables.values()];
  const parameter = (name: string): TfTensor => {
    const found = variables.get(name);
    if (found === undefined) throw new Error(`no parameter '${name}' among ${[...variables.keys()].join(', ')}`);
    return found;
  };
  const adam = tf.train.adam(rate, beta1, beta2, epsilon);
  return training(
    () =>
      tf.tidy(() => {
        const { value, grads } = tf.variableGrads(() => loss(parameter), list);
        adam.applyGradients(grads);
        return value;
      }),
    (value) => value.dataSync()[0] as number,
    () => {
      adam.dispose();
      tf.dispose([...inputs, ...list]);
    },
  );
}

function training<L extends { dispose(): void }>(
  step: () => L,
  read: (loss: L) => number,
  dispose: () => void,
): Contender {
  return {
    run: () => step().dispose(),
    values: async () =>
      Float32Array.from({ length: checked }, () => {
        const loss = step();
        const value = read(loss);
        loss.dispose();
        return value;
      }),
    dispose,
  };
}
