/** Attention over a group by the kernels' plain loops, on copies in float64. */
import type { Tensor } from '@saccade/tensor';
import { type AttentionInputs, attentionSizes } from '../../src/attention/attention-inputs.js';
import { drawDropout } from '../../src/attention/dropout.js';
import { orbitWords, packPlan } from '../../src/attention/packed-plan.js';
import { groupAttention, groupAttentionGrad } from '../../src/kernels/js/group-attention.js';
import type { GroupAttentionSizes } from '../../src/kernels/table.js';

type Arrays = Parameters<typeof groupAttention> extends [...infer A, unknown, unknown] ? A : never;

function argumentsOf(inputs: AttentionInputs): { arrays: Arrays; sizes: GroupAttentionSizes; length: number } {
  const { query, key, value, tables, plan, settings } = inputs;
  const sizes = attentionSizes('test', inputs);
  const draw = drawDropout('test', settings.dropout, sizes);
  const array = (t: Tensor): Float64Array => Float64Array.from(t.dataSync());
  const arrays = [
    ...([query, key, value, tables.row, tables.column].map(array) as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]),
    tables.group && array(tables.group),
    packPlan('test', plan).words,
    plan.window,
    draw?.orbit && orbitWords(draw.orbit),
  ] as Arrays;
  const dropout = draw && { ...draw.state, blocks: draw.blocks, threshold: draw.threshold, factor: draw.factor };
  const { batch, outputs, height, width } = sizes;
  const length = batch * outputs * height * width * (query.shape[4] as number);
  return { arrays, sizes: { ...sizes, scale: settings.scale, dropout }, length };
}

/** The result. */
export function attendByLoops(inputs: AttentionInputs): Float64Array {
  const { arrays, sizes, length } = argumentsOf(inputs);
  const out = new Float64Array(length);
  groupAttention(...arrays, out, sizes);
  return out;
}

/** Gradients by name. */
export function gradientsByLoops(inputs: AttentionInputs, dout: Float64Array): Record<string, Float64Array> {
  const { arrays, sizes } = argumentsOf(inputs);
  const [query, key, value, row, column, group] = arrays.map((a) => new Float64Array(a?.length ?? 0)) as Float64Array[];
  const none = arrays[5] === undefined ? undefined : group;
  groupAttentionGrad(...arrays, dout, query!, key!, value!, row!, column!, none, sizes);
  return { query: query!, key: key!, value: value!, row: row!, column: column!, group: group! };
}
