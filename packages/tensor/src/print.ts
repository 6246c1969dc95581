/** Readable text for tensors: aligned numbers, the middle of long axes left out. */
import type { DType, TypedArray } from '@saccade/kernels';
import { isFloat, OptionError } from '@saccade/kernels';
import { checkOptions } from './arguments.js';
import { type Shape, show, stridesOf } from './shape.js';
import { storageOf, type Tensor } from './tensor.js';

/** What to show. */
export interface PrintOptions {
  /** Digits behind the point. Default 4. */
  readonly digits?: number | undefined;
  /** Entries shown at each end of a longer axis. Default 3. */
  readonly edge?: number | undefined;
}

function numberText(value: number, dtype: DType, digits: number): string {
  if (dtype === 'bool') return value === 0 ? 'false' : 'true';
  if (!isFloat(dtype) || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 10 ** -digits)) return value.toExponential(digits);
  return value.toFixed(digits);
}

/** Indices that are shown of an axis; undefined stands for the gap. */
function visible(extent: number, edge: number): (number | undefined)[] {
  const all = Array.from({ length: extent }, (_, i) => i);
  return extent <= 2 * edge + 1 ? all : [...all.slice(0, edge), undefined, ...all.slice(extent - edge)];
}

/** The values as nested brackets. */
export function formatValues(
  values: TypedArray,
  shape: Shape,
  dtype: DType,
  { digits = 4, edge = 3 }: PrintOptions = {},
): string {
  if (!Number.isInteger(digits) || digits < 0 || digits > 100) {
    throw new OptionError(`format: digits must be an integer in [0, 100], got ${digits}`);
  }
  if (!(edge >= 1)) throw new OptionError(`format: edge must be a number from 1, got ${edge}`);
  if (shape.length === 0) return numberText(values[0] as number, dtype, digits);
  const strides = stridesOf(shape);
  const texts = new Map<number, string>();
  const collect = (axis: number, offset: number): void => {
    for (const i of visible(shape[axis] as number, edge)) {
      if (i === undefined) continue;
      const at = offset + i * (strides[axis] as number);
      if (axis === shape.length - 1) texts.set(at, numberText(values[at] as number, dtype, digits));
      else collect(axis + 1, at);
    }
  };
  collect(0, 0);
  const width = Math.max(0, ...[...texts.values()].map((text) => text.length));
  const render = (axis: number, offset: number): string => {
    const last = axis === shape.length - 1;
    const parts = visible(shape[axis] as number, edge).map((i) => {
      if (i === undefined) return '…';
      const at = offset + i * (strides[axis] as number);
      return last ? (texts.get(at) as string).padStart(width) : render(axis + 1, at);
    });
    const gap = last ? ', ' : `,${'\n'.repeat(shape.length - 1 - axis)}${' '.repeat(axis + 1)}`;
    return `[${parts.join(gap)}]`;
  };
  return render(0, 0);
}

/** `Tensor float32 [2, 2]` and the values. @throws {OptionError} for digits or an edge that make no sense */
export async function format(t: Tensor<Shape>, options: PrintOptions = {}): Promise<string> {
  checkOptions('format', options, ['digits', 'edge']);
  const { device, buffer } = storageOf('format', t);
  return `${heading(t)}\n${formatValues(await device.read(buffer), t.shape, t.dtype, options)}`;
}

/** `Tensor float32 [2, 2]` */
export function heading(t: Tensor<Shape>): string {
  return `Tensor ${t.dtype} ${show(t.shape)}`;
}
