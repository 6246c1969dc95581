/** How large images are on their way through a network, and which images a network is for. */
import { OptionError, quote, requireCounts, ShapeError } from '@saccade/tensor';
import { outputExtents } from '../convolution/convolve.js';
import type { Part, Plan } from './part.js';
import { windowExtents } from './pool-window.js';

/** Extents before each part, and behind the last one. @throws {ShapeError} where an image is too small, or a linear layer is for another one */
export function extentsThrough(op: string, plan: Plan, extents: readonly number[]): (readonly number[])[] {
  const through: (readonly number[])[] = [extents];
  let channels = plan.inputs;
  for (const part of plan.parts) {
    const before = through.at(-1) as readonly number[];
    if (part.kind === 'convolution') channels = part.conv.outputs;
    if (part.kind === 'flatten') channels *= before.reduce((a, b) => a * b, 1);
    if (part.kind === 'linear') {
      if (part.inputs !== channels) {
        const images = `images of ${extents.join(' x ')}`;
        throw new ShapeError(`${op}: ${part.name} is for ${part.inputs} values, but ${images} give ${channels}`);
      }
      channels = part.outputs;
    }
    through.push(behind(op, part, before));
  }
  return through;
}

function behind(op: string, part: Part, extents: readonly number[]): readonly number[] {
  switch (part.kind) {
    case 'convolution': {
      const { paddingMode, padding } = part.conv;
      const least = { zeros: 0, replicate: 0, reflect: 1, circular: 0 }[paddingMode];
      const wide = extents.findIndex((extent, i) => Math.max(...padding[i]!) + least > extent);
      if (wide >= 0 && (paddingMode === 'reflect' || paddingMode === 'circular')) {
        throw new ShapeError(
          `${op}: axis ${wide} of extent ${extents[wide]} is too small for the ${paddingMode} padding of ${part.name}`,
        );
      }
      return outputExtents(op, part.conv, extents);
    }
    case 'max-pool': {
      const out = windowExtents(part.module.window, extents);
      const small = out.findIndex((extent) => extent < 1);
      if (small < 0) return out;
      throw new ShapeError(`${op}: axis ${small} of extent ${extents[small]} is too small for ${part.name}`);
    }
    case 'global-mean':
      return extents.map(() => 1);
    case 'flatten':
      return [];
    default:
      return extents;
  }
}

/** The largest images that are tried. */
const LARGEST = 1024;

/**
 * Extents of the images that a network is for: those that are given, or else those of a square that its linear layer takes, a multiple of all strides if one
 * is; or some that it takes, where it takes images of all extents.
 * @throws {OptionError} unless they are whole numbers from 1, one an axis, and if no square image goes through
 */
export function imageExtents(op: string, plan: Plan, given: readonly number[] | undefined): readonly number[] {
  if (given !== undefined) {
    requireCounts(op, 'extents', given);
    if (given.length !== plan.dims) {
      throw new OptionError(`${op}: extents must be ${plan.dims} whole numbers, got ${quote(given)}`);
    }
    extentsThrough(op, plan, given);
    return [...given];
  }
  const square = (extent: number): number[] => new Array<number>(plan.dims).fill(extent);
  const has = (wanted: Part['kind']): boolean => plan.parts.some(({ kind }) => kind === wanted);
  // A mean over all pixels takes any number of them.
  const fixed = has('linear') && !has('global-mean');
  const least = fixed ? 1 : ([24, 8, 4][plan.dims - 1] as number);
  const fitting: number[] = [];
  for (let extent = least; extent <= LARGEST; extent++) {
    if (fits(op, plan, square(extent))) fitting.push(extent);
    // Of a network that takes all larger ones too, the first will do.
    else if (fitting.length > 0) break;
    if (fitting.length === MOST_FITTING) break;
  }
  const step = totalStride(plan);
  const found = fitting.find((extent) => extent % step === 0) ?? fitting[0];
  if (found !== undefined) return square(found);
  throw new OptionError(
    `${op}: no square image up to ${LARGEST} goes through the network: pass the extents of its images`,
  );
}

/** Beyond so many in a row nothing is learned. */
const MOST_FITTING = 64;

function fits(op: string, plan: Plan, extents: readonly number[]): boolean {
  try {
    extentsThrough(op, plan, extents);
    return true;
  } catch (error) {
    if (error instanceof ShapeError) return false;
    throw error;
  }
}

/** By how much the network makes images smaller. */
function totalStride({ parts }: Plan): number {
  return parts.reduce((product, part) => {
    const stride =
      part.kind === 'convolution' ? part.conv.stride : part.kind === 'max-pool' ? part.module.window.stride : [];
    return product * (stride[0] ?? 1);
  }, 1);
}
