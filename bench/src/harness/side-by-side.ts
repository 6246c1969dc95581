/** The contenders of one computation, from the same inputs and one function for each library. */
import { type Tensor, tensor } from '@saccade/tensor';
import type { Jax, JaxArray } from '../peers/jax.js';
import type { Peers } from '../peers/start.js';
import type { Tfjs, TfTensor } from '../peers/tfjs.js';
import type { Case, Contender } from './case.js';
import { gpujsContender, jaxContender, saccadeContender, tfjsContender } from './contenders.js';

export interface Input {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

type TfForm = (tf: Tfjs, ...inputs: TfTensor[]) => TfTensor | TfTensor[];

/** The computation as each library's user writes it. */
export interface Forms {
  readonly saccade?: (...inputs: Tensor[]) => Tensor | Tensor[];
  readonly tfjs?: TfForm;
  readonly 'tfjs rewritten'?: TfForm;
  /** Run under jit, which is how jax-js is fast. Consumes its inputs, as all functions do there. */
  readonly 'jax-js'?: (jx: Jax, ...inputs: JaxArray[]) => JaxArray;
  readonly 'gpu.js'?: GpuForm;
}

/** A gpu.js kernel. */
export interface GpuForm {
  readonly source: string;
  /** Extents of the output, innermost first. */
  readonly output: readonly number[];
  readonly constants?: Record<string, number>;
}

export function sideBySide(peers: Peers, inputs: readonly Input[], forms: Forms): Case['contenders'] {
  const { tfjs: tf, jax: jx, gpujs: gpu } = peers;
  const ours = forms.saccade;
  const jaxForm = forms['jax-js'];
  const gpuForm = forms['gpu.js'];
  const inTfjs = (form: TfForm | undefined): (() => Contender) | undefined =>
    tf &&
    form &&
    (() => {
      const tensors = inputs.map(({ values, shape }) => tf.tensor(values, shape));
      return tfjsContender(tf, tensors, () => form(tf, ...tensors));
    });
  return {
    saccade:
      ours &&
      (() => {
        const tensors = inputs.map(({ values, shape }) => tensor(values, { shape }));
        return saccadeContender(tensors, () => ours(...tensors));
      }),
    tfjs: inTfjs(forms.tfjs),
    'tfjs rewritten': inTfjs(forms['tfjs rewritten']),
    'jax-js':
      jx &&
      jaxForm &&
      (() => {
        const arrays = inputs.map(({ values, shape }) => jx.numpy.array(values).reshape(shape));
        return jaxContender(
          arrays,
          jx.jit((...traced) => jaxForm(jx, ...traced)),
        );
      }),
    'gpu.js':
      gpu &&
      gpuForm &&
      (() => {
        const { source, output, constants = {} } = gpuForm;
        const loopMaxIterations = Math.max(1, ...Object.values(constants)); // longer loops end early without a word
        const kernel = gpu.createKernel(source, { output: [...output], constants, loopMaxIterations, pipeline: true });
        const given = inputs.map(({ values, shape }) => gpu.input(values, [...shape].reverse()));
        return gpujsContender(kernel, given);
      }),
  };
}
