/** Cases that are one function of inputs. */
import { type Tensor, tensor } from '@saccade/tensor';
import type { Case, TorchCase } from '../bench/case.js';
import { type Jax, type JaxArray, jaxContender } from '../libraries/jax.js';
import { saccadeContender } from '../libraries/saccade.js';
import { type Tfjs, type TfTensor, tfjsContender } from '../libraries/tfjs.js';
import type { Input } from './inputs.js';

export interface Computation {
  readonly name: string;
  readonly operations?: number;
  readonly torch: TorchCase;
  inputs(): Input[];
  saccade(...x: Tensor[]): Tensor;
  tfjs(tf: Tfjs, ...x: TfTensor[]): TfTensor;
  jax(jax: Jax, ...x: JaxArray[]): JaxArray;
}

export function computation({ name, operations, torch, inputs, saccade, tfjs, jax }: Computation): Case {
  return {
    name,
    torch,
    ...(operations !== undefined && { operations }),
    prepare() {
      const given = inputs();
      return {
        saccade() {
          const tensors = given.map(({ values, shape }) => tensor(values, { shape }));
          return saccadeContender(tensors, () => saccade(...tensors));
        },
        tfjs: (tf) => tfjsContender(tf, given, (...x) => tfjs(tf, ...x)),
        jax: (jx) => jaxContender(jx, given, (...x) => jax(jx, ...x)),
      };
    },
  };
}
