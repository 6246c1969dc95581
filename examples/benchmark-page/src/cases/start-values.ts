/** The parameters that a network starts with, for the other libraries. */
import type { AnyModule } from '@saccade/nn';
import { scope, transpose } from '@saccade/tensor';
import type { Input } from './inputs.js';

/** By name. Matrices are turned to [inputs, outputs], as tfjs's users write them. Takes over the model, which is on the CPU. */
export function startValues(model: AnyModule): Map<string, Input> {
  const read = () =>
    Array.from(model.parameters(), ([name, t]): [string, Input] => {
      const turned = t.rank === 2 ? transpose(t) : t;
      return [name, { shape: turned.shape, values: turned.dataSync<'float32'>().slice() }];
    });
  const values = new Map(scope(read));
  model.dispose();
  return values;
}
