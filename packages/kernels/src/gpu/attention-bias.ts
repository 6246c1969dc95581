/** The gradient of attention's bias on the GPU: sums of the gradients of scores over the axes along which bias repeats. */
import { volume } from '../strides.js';
import type { AttentionSizes } from '../table/attention.js';
import { type Block, blockNumbers, inBlock, outside } from './attention-scores.js';
import type { GpuBuffer } from './buffer.js';
import { type Fold, type Planner, planFold } from './fold.js';
import { type StridedText, walkText } from './strided.js';

/** An axis of [...batchShape, queries, keys] along which bias does not repeat. */
interface BiasAxis {
  readonly axis: number;
  readonly size: number;
  readonly stride: number;
}

/** Those of bias, innermost first; undefined where its strides are not those of a contiguous array with its axes in any order. */
export function axesOfBias(sizes: AttentionSizes, length: number): BiasAxis[] | undefined {
  const shape = [...sizes.batchShape, sizes.queries, sizes.keys];
  const axes = shape
    .map((size, axis) => ({ axis, size, stride: sizes.biasStrides[axis] as number }))
    .filter(({ size, stride }) => size > 1 && stride !== 0)
    .sort((a, b) => a.stride - b.stride);
  let expected = 1;
  for (const { size, stride } of axes) {
    if (stride !== expected) return undefined;
    expected *= size;
  }
  return expected === length ? axes : undefined;
}

/** Gradients of a block's scores, summed over queries, keys or both where bias repeats along them. */
interface Terms {
  readonly buffer: GpuBuffer;
  readonly keepsQueries: boolean;
  readonly keepsKeys: boolean;
}

function planTerms(
  plan: Planner,
  dScores: GpuBuffer,
  axes: readonly BiasAxis[],
  { batchShape, queries, keys }: AttentionSizes,
  block: Block,
): Terms {
  const rank = batchShape.length;
  const keeps = (axis: number, size: number): boolean => size === 1 || axes.some((own) => own.axis === axis);
  const [keepsQueries, keepsKeys] = [keeps(rank, queries), keeps(rank + 1, keys)];
  let buffer = dScores;
  const fold = (outer: number, size: number, inner: number): void => {
    const folded = plan.scratch(outer * inner);
    const load: Fold['load'] = ({ at }) => [`partial[${at}]`];
    planFold(plan, { name: 'partial', kind: 'sum', inputs: { partial: buffer }, load }, { outer, size, inner }, folded);
    buffer = folded;
  };
  if (!keepsQueries) fold(block.matrices, block.queries, keys);
  if (!keepsKeys) fold(block.matrices * (keepsQueries ? block.queries : 1), keys, 1);
  return { buffer, keepsQueries, keepsKeys };
}

/** Which entry of the batch an element of bias gets a term from, as a text: `places` counts the entries that share it. */
function matrixText(axes: readonly BiasAxis[], { batchShape }: AttentionSizes, places: string): StridedText {
  const steps = batchShape.map((_, axis) => volume(batchShape.slice(axis + 1)));
  const own = axes.filter(({ axis }) => axis < batchShape.length);
  const shared = freeAxes(axes, batchShape);
  const walk = walkText(
    'free',
    places,
    shared.map((axis) => batchShape[axis] as number),
    shared.map((axis) => steps[axis] as number),
  );
  return {
    text: `(${[...own.map(({ axis }) => `${placeAlong(axis)} * own${axis}Step`), walk.text].join(' + ')})`,
    sizes: { ...walk.sizes, ...Object.fromEntries(own.map(({ axis }) => [`own${axis}Step`, steps[axis] as number])) },
    form: walk.form,
  };
}

/** Axes of the batch along which bias repeats. */
const freeAxes = (axes: readonly BiasAxis[], batchShape: readonly number[]): number[] =>
  [...batchShape.keys()].filter((axis) => axes.every((own) => own.axis !== axis));

/** Place of bias's element along one of its axes, as a text. #x counts the whole of bias again and again: that changes nothing. */
const placeAlong = (axis: number): string => `remainder(quotient(#x, own${axis}Stride), own${axis}Size)`;

/** The block's part of the gradient of bias. */
export function planByBias(
  plan: Planner,
  dScores: GpuBuffer,
  axes: readonly BiasAxis[],
  sizes: AttentionSizes,
  block: Block,
  isFirst: boolean,
  dbias: GpuBuffer,
): void {
  const rank = sizes.batchShape.length;
  const { buffer: terms, keepsQueries, keepsKeys } = planTerms(plan, dScores, axes, sizes, block);
  const along = (axis: number): string => (axes.some((own) => own.axis === axis) ? placeAlong(axis) : '0');
  const { form, sizes: matrixSizes } = matrixText(axes, sizes, '');
  const prepare: Fold['prepare'] = ({ position }) => {
    const { text: matrix } = matrixText(axes, sizes, position);
    const row = keepsQueries ? ` * blockQueries + ${inBlock.query(along(rank))}` : '';
    const hidden = outside.matrix(matrix) + (keepsQueries ? ` || ${outside.query(along(rank))}` : '');
    return `let term = 0.0;
      if (!(${hidden})) { term = terms[(${inBlock.matrix(matrix)}${row}) * keptKeys + ${along(rank + 1)}]; }`;
  };
  const fold: Fold = {
    name: `attention by bias ${axes.map(({ axis }) => axis)} of ${rank} ${form} ${keepsQueries}`,
    kind: 'sum',
    inputs: { terms },
    sizes: {
      ...{ blockQueries: block.queries, keptKeys: keepsKeys ? sizes.keys : 1, ...matrixSizes },
      ...Object.fromEntries(
        axes.flatMap(({ axis, size, stride }) => [
          [`own${axis}Size`, size],
          [`own${axis}Stride`, stride],
        ]),
      ),
    },
    numbers: blockNumbers(block),
    prepare,
    load: () => ['term'],
    finish: {
      name: 'added unless first',
      inputs: { previous: dbias },
      numbers: { isFirst: Number(isFirst) },
      text: (at) => `if (isFirst > 0) { return v; } return previous[${at}] + v;`,
    },
  };
  const shares = volume(freeAxes(axes, sizes.batchShape).map((axis) => sizes.batchShape[axis] as number));
  planFold(plan, fold, { outer: 1, size: shares, inner: dbias.length }, dbias);
}
