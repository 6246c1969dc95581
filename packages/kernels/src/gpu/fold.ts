/** Folding one axis on the GPU: each thread folds elements that lie far apart, in as many passes as the axis is long. */
import type { AxisSizes } from '../table/reduce.js';
import type { GpuBuffer } from './buffer.js';
import type { Plan } from './plan.js';

/** What plans runs. */
export type Planner = Pick<Plan, 'run' | 'scratch' | 'readsFour'>;

/** Where an element lies in [outer, size, inner], as texts of whole numbers. */
export interface FoldPlace {
  /** Number of the element in the whole. */
  readonly at: string;
  readonly outer: string;
  /** Place along the folded axis. */
  readonly position: string;
  readonly inner: string;
}

/** Sums are taken in blocks of so many, lest many small terms are lost in one large sum. */
const BLOCK = 16;

/** The statements that fold `load` into variables, and what the fold of nothing is. */
interface FoldKind {
  readonly start: number;
  /** Takes `element` into `best`. */
  readonly step?: string;
}

type FoldKindName = 'sum' | 'product' | 'max' | 'min';

/** Without a step: a sum. The extremes are NaN if any element is. */
const kinds: Readonly<Record<FoldKindName, FoldKind>> = {
  sum: { start: 0 },
  product: { start: 1, step: 'best *= element;' },
  max: { start: Number.NEGATIVE_INFINITY, step: 'if (element > best || isNan(element)) { best = element; }' },
  min: { start: Number.POSITIVE_INFINITY, step: 'if (element < best || isNan(element)) { best = element; }' },
};

/** What is done to the folded value. */
export interface Finish {
  /** Stands for the text in the kernel's name. */
  readonly name: string;
  /** Statements that return the result; `v` (or `v0` to `v3`) is the folded value, `at` its place in [outer, inner]. */
  text(at: string): string;
  readonly inputs?: Readonly<Record<string, GpuBuffer>>;
  readonly numbers?: Readonly<Record<string, number>>;
}

export interface Fold {
  /** Stands for the texts of `prepare` and `load` in the kernel's name. */
  readonly name: string;
  readonly kind: FoldKindName;
  /** Fold of nothing, where it is not the usual one. */
  readonly start?: number;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly numbers?: Readonly<Record<string, number>>;
  /** Statements before the values. */
  prepare?(place: FoldPlace): string;
  /** Texts of the values: one, or up to four sums at once, which are stored four to an element. */
  load(place: FoldPlace): readonly string[];
  readonly finish?: Finish;
}

/** A thread folds at most so many elements. */
const LONGEST = 256;
/** Up to so many elements, one thread a row costs less than a second pass. */
const SMALL = 2 ** 18;

/**
 * How many threads share a line. Rows (inner = 1) that are folded by one thread each are read at addresses far apart, which
 * only short ones can afford.
 */
export function partsOf({ outer, size, inner }: AxisSizes): number {
  const adjacent = inner >= 8;
  if (size <= 32 || (size <= LONGEST && (adjacent || outer * size * inner <= SMALL))) return 1;
  const parts = Math.max(Math.ceil(Math.sqrt(size)), Math.ceil(size / LONGEST));
  return inner === 1 ? 8 * Math.ceil(parts / 8) : parts;
}

/** Sizes of one pass over lines of [size, inner] shared by `parts` threads: thread #x starts at element #x. */
export function passSizes(size: number, inner: number, parts: number): Record<string, number> {
  return { lineLength: size * inner, lineStep: parts * inner, lineParts: parts, lineInner: inner };
}

/** The element that thread (#x, #y) meets after `steps` steps. */
export function placeAfter(steps: string, inner: number): FoldPlace {
  return {
    at: `(#y * lineLength + #x + ${steps} * lineStep)`,
    outer: '#y',
    position: inner === 1 ? `(#x + ${steps} * lineStep)` : `(quotient(#x, lineInner) + ${steps} * lineParts)`,
    inner: inner === 1 ? '0' : 'remainder(#x, lineInner)',
  };
}

/** Where the element is that the loops of `sumText` are at. */
export function sumPlace(inner: number): FoldPlace {
  return placeAfter(`(block * ${BLOCK} + i)`, inner);
}

/** Sums of blocks of terms, and the sums of these: `v`, or `v0` to `v3`. Texts of the values are those at `sumPlace`. */
export function sumText(prepare: string, values: readonly string[]): string {
  const each = (text: (c: number) => string): string => values.map((_, c) => text(c)).join(' ');
  const names = values.length === 1 ? ['v'] : values.map((_, c) => `v${c}`);
  return `${each((c) => `let ${names[c]} = 0.0;`)}
    for (let block = 0; #x + block * ${BLOCK} * lineStep < lineLength; block++) {
      ${each((c) => `let part${c} = 0.0;`)}
      for (let i = 0; i < ${BLOCK} && #x + (block * ${BLOCK} + i) * lineStep < lineLength; i++) {
        ${prepare}
        ${each((c) => `part${c} += ${values[c]};`)}
      }
      ${each((c) => `${names[c]} += part${c};`)}
    }`;
}

function bestText(step: string, prepare: string, value: string): string {
  return `let best = start;
    for (let i = 0; #x + i * lineStep < lineLength; i++) { ${prepare} const element = ${value}; ${step} }
    const v = best;`;
}

/** One pass: [outer, size, inner] becomes [outer, parts, inner]. */
function pass(plan: Planner, fold: Fold, { outer, size, inner }: AxisSizes, parts: number, out: GpuBuffer): void {
  const kind = kinds[fold.kind];
  const place = kind.step ? placeAfter('i', inner) : sumPlace(inner);
  const values = fold.load(place);
  const prepare = fold.prepare?.(place) ?? '';
  const finish = parts === 1 ? fold.finish : undefined;
  const many = values.length > 1;
  const all = many
    ? `return [${[0, 1, 2, 3].map((c) => (c < values.length ? `v${c}` : '0.0')).join(', ')}];`
    : 'return v;';
  const text = kind.step ? bestText(kind.step, prepare, values[0] as string) : sumText(prepare, values);
  plan.run({
    name: `fold ${fold.kind} ${fold.name} ${inner === 1 ? 'rows' : 'columns'} ${finish?.name ?? ''}`,
    body: `${text} ${finish ? finish.text('(#y * lineInner + #x)') : all}`,
    inputs: { ...fold.inputs, ...finish?.inputs },
    sizes: { ...passSizes(size, inner, parts), ...fold.sizes },
    numbers: { ...(kind.step ? { start: fold.start ?? kind.start } : {}), ...fold.numbers, ...finish?.numbers },
    grid: [parts * inner, outer],
    width: many ? 4 : 1,
    out,
  });
}

/** Plans the passes that fold [outer, size, inner] to `out` [outer, inner], or [outer, inner, 4] for several values. */
export function planFold(plan: Planner, fold: Fold, axis: AxisSizes, out: GpuBuffer): void {
  const parts = partsOf(axis);
  if (parts === 1) {
    pass(plan, fold, axis, 1, out);
    return;
  }
  const { outer, inner } = axis;
  const many = fold.load(placeAfter('i', inner)).length;
  const partial = plan.scratch(outer * parts * inner * (many > 1 ? 4 : 1));
  pass(plan, fold, axis, parts, partial);
  const again: Fold = {
    name: many > 1 ? `partial${many}` : 'partial',
    kind: fold.kind,
    ...(fold.start === undefined ? {} : { start: fold.start }),
    inputs: { partial },
    load: ({ at }) =>
      many > 1 ? Array.from({ length: many }, (_, c) => `partial[${at} * 4 + ${c}]`) : [`partial[${at}]`],
    ...(fold.finish ? { finish: fold.finish } : {}),
  };
  planFold(plan, again, { outer, size: parts, inner }, out);
}
