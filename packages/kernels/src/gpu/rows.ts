/** What the kernels over rows share on the GPU: numbers of each row, and passes over each element by itself. */
import type { GpuBuffer } from './buffer.js';
import {
  type Fold,
  type FoldPlace,
  type Planner,
  partsOf,
  passSizes,
  placeAfter,
  planFold,
  sumPlace,
  sumText,
} from './fold.js';

/** How a kernel asks whether an element counts. */
export interface MaskText {
  /** Stands for the text in a kernel's name. */
  readonly form: string;
  /** Text of the condition, for texts of whole numbers. */
  counts(row: string, column: string): string;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly sizes: Readonly<Record<string, number>>;
}

/** -Infinity, and what is larger than nothing but that. */
export const lowNumbers: { readonly low: number; readonly lowest: number } = {
  low: Number.NEGATIVE_INFINITY,
  lowest: -3.4028234e38,
};

/**
 * Maximum (NaN if any is) and sum of e^(x - maximum) of each row, four numbers to a row of which two are used. Threads
 * that share a row leave theirs, and these are joined.
 */
export function planRowSums(plan: Planner, x: GpuBuffer, rows: number, size: number, mask?: MaskText): GpuBuffer {
  const axis = { outer: rows, size, inner: 1 };
  const parts = partsOf(axis);
  const taken = ({ position }: FoldPlace, text: string): string =>
    mask ? `if (${mask.counts('#y', position)}) { ${text} }` : text;
  const [place, sumAt] = [placeAfter('j', 1), sumPlace(1)];
  const sums = plan.scratch(rows * parts * 4);
  plan.run({
    name: `row sums ${mask?.form ?? ''}`,
    body: `let top = low;
      for (let j = 0; #x + j * lineStep < lineLength; j++) {
        ${taken(place, `const held = x[${place.at}]; if (held > top || isNan(held)) { top = held; }`)}
      }
      ${sumText(`let term = 0.0; ${taken(sumAt, `term = exponential(x[${sumAt.at}] - top);`)}`, ['term'])}
      return [top, v, 0, 0];`,
    inputs: { x, ...mask?.inputs },
    sizes: { ...passSizes(size, 1, parts), ...mask?.sizes },
    numbers: { low: lowNumbers.low },
    grid: [parts, rows],
    width: 4,
    out: sums,
  });
  return parts === 1 ? sums : planJoined(plan, sums, rows, parts);
}

/** Joins the maxima and sums of parts of a row. */
function planJoined(plan: Planner, partial: GpuBuffer, rows: number, size: number): GpuBuffer {
  const parts = partsOf({ outer: rows, size, inner: 1 });
  const sums = plan.scratch(rows * parts * 4);
  const { at } = sumPlace(1);
  // A part of nothing, or of -Infinity, adds nothing to a row that has more.
  const join = `const maximum = partial[${at} * 4];
    let term = 0.0;
    if (!(maximum < lowest && top > lowest)) { term = partial[${at} * 4 + 1] * exponential(maximum - top); }`;
  plan.run({
    name: 'joined row sums',
    body: `let top = low;
      for (let j = 0; #x + j * lineStep < lineLength; j++) {
        const held = partial[${placeAfter('j', 1).at} * 4];
        if (held > top || isNan(held)) { top = held; }
      }
      ${sumText(join, ['term'])}
      return [top, v, 0, 0];`,
    inputs: { partial },
    sizes: passSizes(size, 1, parts),
    numbers: lowNumbers,
    grid: [parts, rows],
    width: 4,
    out: sums,
  });
  return parts === 1 ? sums : planJoined(plan, sums, rows, parts);
}

/** A pass over the elements of [rows, size]. */
export interface Elements {
  /** Stands for the text in the kernel's name. */
  readonly name: string;
  /** Statements that set `result#L`, which is 0 before. Names of variables of their own end in #L as well. */
  text(at: string, row: string, column: string): string;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly numbers?: Readonly<Record<string, number>>;
}

/** Each element of [rows, size] by itself, four to a thread where rows hold a multiple of four. */
export function planElements(plan: Planner, elements: Elements, rows: number, size: number, out: GpuBuffer): void {
  const width = size % 4 === 0 ? 4 : 1;
  const lanes = Array.from({ length: width }, (_, lane) => {
    const column = width === 1 ? '#x' : `(#x * 4 + ${lane})`;
    const text = elements.text(`(#y * rowLength + ${column})`, '#y', column);
    return `let result#L = 0.0; ${text}`.replaceAll('#L', `${lane}`);
  });
  plan.run({
    name: `${elements.name} ${width}`,
    body: `${lanes.join('\n')} return ${width === 1 ? 'result0' : '[result0, result1, result2, result3]'};`,
    inputs: elements.inputs,
    sizes: { rowLength: size, ...elements.sizes },
    numbers: elements.numbers ?? {},
    grid: [size / width, rows],
    width,
    out,
  });
}

/** Sum of a value over each row. */
export function planRowTotals(plan: Planner, fold: Omit<Fold, 'kind'>, rows: number, size: number): GpuBuffer {
  const totals = plan.scratch(rows);
  planFold(plan, { ...fold, kind: 'sum' }, { outer: rows, size, inner: 1 }, totals);
  return totals;
}
