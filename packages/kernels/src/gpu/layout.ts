/** The strided copy on the GPU: each element of the output finds out where it comes from. */
import { collapse, volume } from '../strides.js';
import type { CopyLayout, LayoutKernels } from '../table/layout.js';
import type { GpuBuffer } from './buffer.js';
import { REMAINDERS } from './native.js';
import type { GpuKernels, Plan } from './plan.js';
import { walk } from './walk.js';

/** One axis of the copied block. */
interface Axis {
  readonly size: number;
  readonly xStride: number;
  readonly outStride: number;
}

/** The same block, its axes as they lie in the output, outermost first, all of them upwards. */
interface Block {
  readonly axes: readonly Axis[];
  readonly xOffset: number;
  readonly outOffset: number;
}

function sorted({ shape, xStrides, outStrides, ...offsets }: CopyLayout): Block {
  let { xOffset, outOffset } = offsets;
  const axes: Axis[] = [];
  shape.forEach((size, axis) => {
    let [xStride, outStride] = [xStrides[axis]!, outStrides[axis]!];
    if (size === 1) return;
    if (outStride < 0) {
      xOffset += (size - 1) * xStride;
      outOffset += (size - 1) * outStride;
      [xStride, outStride] = [-xStride, -outStride];
    }
    axes.push({ size, xStride, outStride });
  });
  axes.sort((a, b) => b.outStride - a.outStride);
  const sizes = axes.map(({ size }) => size);
  const fewer = collapse(sizes, [axes.map(({ xStride }) => xStride), axes.map(({ outStride }) => outStride)]);
  const [xSteps, outSteps] = fewer.strides as [number[], number[]];
  return {
    axes: fewer.shape.map((size, axis) => ({
      size,
      xStride: xSteps[axis]!,
      outStride: size === 1 ? 1 : outSteps[axis]!,
    })),
    xOffset,
    outOffset,
  };
}

/** Whether an element of the output tells its place in the block: each axis steps over all that the inner ones reach. */
function isNested(axes: readonly Axis[]): boolean {
  let reach = 0;
  for (const { size, outStride } of axes.slice().reverse()) {
    if (outStride <= reach) return false; // also 0, which writes one element again and again
    reach += (size - 1) * outStride;
  }
  return true;
}

/** The block is the whole output. */
function copyAll(plan: Plan, x: GpuBuffer, out: GpuBuffer, { axes, xOffset }: Block): void {
  const shape = axes.map(({ size }) => size);
  const { grid, sizes, index, kind } = walk(shape, { x: axes.map(({ xStride }) => xStride) }, { x: xOffset });
  plan.run({ name: `copy ${kind}`, body: `return x[${index.x}];`, inputs: { x }, sizes, grid, out });
}

/** Elements of the output that are not of the block keep their value; a new buffer has none. */
function copyPart(plan: Plan, x: GpuBuffer, out: GpuBuffer, { axes, xOffset, outOffset }: Block): void {
  const sizes: Record<string, number> = { xOffset, outOffset };
  const isNew = out.isNew;
  const keep = isNew ? 'return 0.0;' : 'return old[#x];';
  const checks = [`if (#x < outOffset) { ${keep} }`];
  const terms = ['xOffset'];
  let rest = '(#x - outOffset)';
  axes.forEach(({ size, xStride, outStride }, axis) => {
    const isUnit = axis === axes.length - 1 && outStride === 1;
    const place = isUnit ? rest : `quotient(${rest}, out${axis})`;
    // Written so that gpu.js knows it for a condition; `>=` it takes for a number where it lifts it out.
    checks.push(`if (!(${place} < n${axis})) { ${keep} }`);
    terms.push(`${place} * x${axis}`);
    sizes[`n${axis}`] = size;
    sizes[`x${axis}`] = xStride;
    if (!isUnit) sizes[`out${axis}`] = outStride;
    rest = isUnit ? '0' : `remainder${axis}(${rest}, out${axis})`;
  });
  if (rest !== '0') checks.push(`if (${rest} > 0) { ${keep} }`);
  plan.run({
    name: `copyPart ${axes.length} ${rest === '0'} ${isNew}`,
    body: `${checks.join(' ')} return x[${terms.join(' + ')}];`,
    inputs: isNew ? { x } : { x, old: out },
    sizes,
    grid: [out.length],
    out,
  });
}

/** Plans the copy, or returns false for what no view of the library is: elements written twice, strides that interleave. */
export function copy(plan: Plan, x: GpuBuffer, out: GpuBuffer, copied: CopyLayout): false | undefined {
  const elements = volume(copied.shape);
  if (elements === 0) return;
  const block = sorted(copied);
  if (!isNested(block.axes) || block.axes.length > REMAINDERS) return false;
  if (elements === out.length) copyAll(plan, x, out, block);
  else copyPart(plan, x, out, block);
}

export const layout: GpuKernels<LayoutKernels<GpuBuffer>> = { copy };
