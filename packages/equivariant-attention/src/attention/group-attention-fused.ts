/** Attention over a group by the package's kernels, which never hold the scores; backward they compute the weights again. */
import {
  customGrad,
  empty,
  kernelsOn,
  mul,
  recording,
  reshape,
  scope,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import { equivariantKernels } from '../kernels/extension.js';
import type { GroupAttentionSizes } from '../kernels/table.js';
import type { AttentionInputs, AttentionSizes } from './attention-inputs.js';
import type { DropoutDraw } from './dropout.js';
import { attendDirectly } from './group-attention-direct.js';
import { orbitWords, packPlan } from './packed-plan.js';

const op = 'groupAttention';

/** Of checked inputs, with dropout that was drawn; float32 on a device of the CPU. Differentiated twice, it is the direct form. */
export function attendFused(inputs: AttentionInputs, sizes: AttentionSizes, draw: DropoutDraw | undefined): Tensor {
  const attend = (...given: readonly Tensor[]) => {
    const own = withTensors(inputs, given);
    const call = callOf(own, sizes, draw);
    return {
      value: forward(own, call),
      backward: (dy: Tensor) =>
        recording() ? directGradients(inputs, sizes, draw, given, dy) : backward(own, call, given, dy),
    };
  };
  return customGrad(attend, { name: op })(...tensorsOf(inputs));
}

function tensorsOf({ query, key, value, tables }: AttentionInputs): Tensor[] {
  const { row, column, group } = tables;
  return [query, key, value, row, column, ...(group ? [group] : [])];
}

function withTensors(inputs: AttentionInputs, given: readonly Tensor[]): AttentionInputs {
  const [query, key, value, row, column, group] = given as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?];
  return { ...inputs, query, key, value, tables: { row, column, group } };
}

/** What the kernels take beside tensors of the caller. */
interface KernelCall {
  readonly plan: Tensor;
  readonly window: Tensor | undefined;
  readonly orbit: Tensor | undefined;
  readonly sizes: GroupAttentionSizes;
}

function callOf({ query, plan, settings }: AttentionInputs, sizes: AttentionSizes, draw?: DropoutDraw): KernelCall {
  const { device } = query;
  const dropout = draw && { ...draw.state, blocks: draw.blocks, threshold: draw.threshold, factor: draw.factor };
  return {
    plan: tensor(packPlan(op, plan).words, { device }),
    window: plan.window && tensor(plan.window, { device }),
    orbit: draw?.orbit && tensor(orbitWords(draw.orbit), { device }),
    sizes: { ...sizes, scale: settings.scale, dropout },
  };
}

function forward({ query, key, value, tables }: AttentionInputs, { plan, window, orbit, sizes }: KernelCall): Tensor {
  const { batch, outputs, height, width } = sizes;
  const { row, column, group } = tables;
  const out = empty(query.device, query.dtype, [batch, outputs, height, width, query.shape[4] as number]);
  const kernels = kernelsOn(op, query.device, equivariantKernels);
  kernels.groupAttention(query, key, value, row, column, group, plan, window, orbit, out, sizes);
  return out;
}

function backward(inputs: AttentionInputs, call: KernelCall, given: readonly Tensor[], dy: Tensor): Tensor[] {
  const { query, key, value, tables } = inputs;
  const { row, column, group } = tables;
  const { plan, window, orbit, sizes } = call;
  const gradients = given.map((t) => empty(t.device, t.dtype, t.shape));
  const [dquery, dkey, dvalue, drow, dcolumn, dgroup] = gradients as [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor?];
  const kernels = kernelsOn(op, query.device, equivariantKernels);
  kernels.groupAttentionGrad(
    ...[query, key, value, row, column, group, plan, window, orbit, dy] as const, // biome-ignore format: one line
    ...[dquery, dkey, dvalue, drow, dcolumn, dgroup, sizes] as const, // biome-ignore format: one line
  );
  return gradients;
}

/** By tensors of their own, as one may be given twice. */
function directGradients(
  inputs: AttentionInputs,
  sizes: AttentionSizes,
  draw: DropoutDraw | undefined,
  given: readonly Tensor[],
  dy: Tensor,
): Tensor[] {
  return scope(() => {
    const own = given.map((t) => reshape(t, t.shape));
    const attend = (): Tensor => attendDirectly(withTensors(inputs, own), sizes, draw);
    return valueAndGradOf(own, () => sum(mul(attend(), dy)))[1];
  });
}
