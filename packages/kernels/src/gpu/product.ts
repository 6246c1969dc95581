/** Sums of products along an inner axis on the GPU: what matmul and attention are made of. */
import type { GpuBuffer } from './buffer.js';
import type { Planner } from './fold.js';

/**
 * Inputs of which four elements are read at once, and texts of which four: those on the left hold four steps, those on the
 * right four columns. The step given is a multiple of four for the left ones, the columns are from #x * 4 on. Used
 * where the sizes are multiples of four.
 */
export interface FourFactors {
  readonly left?: { readonly input: string; at(matrix: string, row: string, step: string): string };
  readonly right: { readonly input: string; at(matrix: string, step: string): string };
}

/** out[matrix, row, column] = sum over steps of left[matrix, row, step] right[matrix, step, column]. */
export interface Product {
  /** Stands for all the texts in the kernel's name. */
  readonly name: string;
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  readonly steps: number;
  /** Shares of the inner axis, each summed apart: out is [matrix, share, row, column]. */
  readonly shares?: number;
  /** Texts of the factors; the arguments are texts of whole numbers. */
  left(matrix: string, row: string, step: string): string;
  right(matrix: string, step: string, column: string): string;
  /** How programs that may read four at a time read the factors. */
  readonly four?: FourFactors;
  /** Text of a condition under which a step counts; once it is false, it has to stay so. */
  while?(matrix: string, row: string, step: string): string;
  /** Text of a condition under which there is no sum, and of the element's value then. */
  readonly unless?: (matrix: string, row: string, firstColumn: string) => string;
  instead?(matrix: string, row: string, column: string): string;
  /** Statements that change the sum, a variable. */
  finish?(sum: string, matrix: string, row: string, column: string): string;
  readonly inputs: Readonly<Record<string, GpuBuffer>>;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly numbers?: Readonly<Record<string, number>>;
  readonly out: GpuBuffer;
}

/** Products summed before their sum is added to the sum of all, at most; a multiple of 4. */
const BLOCK = 128;

/**
 * Each thread sums for four neighbouring columns, where rows hold a multiple of four: they share the left factors. The
 * inner axis is walked in blocks, four steps at a time where it is a multiple of four.
 */
export function planProduct(plan: Planner, product: Product): void {
  const { matrices, rows, columns, steps, shares = 1 } = product;
  const width = columns % 4 === 0 ? 4 : 1;
  const stride = steps % 4 === 0 ? 4 : 1;
  const four = plan.readsFour && width === 4 ? foursFor(product, stride) : undefined;
  const factors = four && [...(four.left ? [four.left.input] : []), four.right.input];
  const blocks = Math.ceil(steps / BLOCK / shares);
  const blockSize = stride * Math.ceil(steps / (blocks * shares) / stride);
  plan.run({
    name: `product ${product.name} ${width} ${stride} ${shares > 1 ? 'shares' : ''} ${factors ?? ''}`,
    body: bodyOf(product, width, stride, shares > 1, four),
    ...(factors && { four: factors }),
    inputs: product.inputs,
    sizes: {
      stepCount: steps,
      blockCount: blocks,
      blockSize: blocks === 0 ? 0 : blockSize,
      ...(shares > 1 ? { shareCount: shares } : {}),
      ...product.sizes,
    },
    numbers: product.numbers ?? {},
    grid: [columns / width, rows, matrices * shares],
    width,
    out: product.out,
  });
}

function foursFor({ four }: Product, stride: number): FourFactors | undefined {
  return four && stride === 1 ? { right: four.right } : four;
}

function bodyOf(
  product: Product,
  width: 1 | 4,
  stride: number,
  shared: boolean,
  four: FourFactors | undefined,
): string {
  const matrix = shared ? 'quotient(#z, shareCount)' : '#z';
  const block = shared ? '(remainder(#z, shareCount) * blockCount + block)' : 'block';
  const row = '#y';
  const lanes = Array.from({ length: width }, (_, lane) => ({
    lane,
    column: width === 1 ? '#x' : `(#x * 4 + ${lane})`,
  }));
  const each = (text: (lane: number, column: string) => string): string =>
    lanes.map(({ lane, column }) => text(lane, column)).join(' ');
  const result = (text: (lane: number, column: string) => string): string => {
    const texts = lanes.map(({ lane, column }) => text(lane, column));
    return width === 1 ? `return ${texts[0]};` : `return [${texts.join(', ')}];`;
  };
  const first = `(${block} * blockSize + i)`;
  const counts = product.while ? ` && ${product.while(matrix, row, first)}` : '';
  const products = Array.from({ length: stride }, (_, s) => {
    const step = s === 0 ? first : `(${block} * blockSize + i + ${s})`;
    // gpu.js cannot give the part of a vector a name.
    // gpu.js knows no type for a variable that is one of four.
    const [declared, left] = four?.left
      ? ['', `lefts.${'rgba'[s]}`]
      : [`const left${s} = ${product.left(matrix, row, step)};`, `left${s}`];
    const rights = four ? `const rights${s} = ${four.right.input}[${four.right.at(matrix, step)}];` : '';
    const right = (lane: number, column: string): string =>
      four ? `rights${s}.${'rgba'[lane]}` : product.right(matrix, step, column);
    return `${declared} ${rights} ${each((lane, column) => `part${lane} += ${left} * ${right(lane, column)};`)}`;
  });
  if (four?.left) products.unshift(`const lefts = ${four.left.input}[${four.left.at(matrix, row, first)}];`);
  const { unless, instead } = product;
  const early =
    unless && instead
      ? `if (${unless(matrix, row, lanes[0]?.column as string)}) { ${result((_, column) => instead(matrix, row, column))} }`
      : '';
  return `${early}
    ${each((lane) => `let sum${lane} = 0.0;`)}
    for (let block = 0; block < blockCount; block++) {
      ${each((lane) => `let part${lane} = 0.0;`)}
      for (let i = 0; i < blockSize && ${first} < stepCount${counts}; i += ${stride}) { ${products.join(' ')} }
      ${each((lane) => `sum${lane} += part${lane};`)}
    }
    ${each((lane, column) => product.finish?.(`sum${lane}`, matrix, row, column) ?? '')}
    ${result((lane) => `sum${lane}`)}`;
}

/** A copy of `matrices` matrices [rows, columns] with rows and columns exchanged. */
export function planTransposed(
  plan: Planner,
  x: GpuBuffer,
  matrices: number,
  rows: number,
  columns: number,
): GpuBuffer {
  const out = plan.scratch(matrices * rows * columns);
  const wide = rows % 4 === 0;
  const element = (row: string): string => `x[(#z * rowCount + ${row}) * columnCount + #y]`;
  plan.run({
    name: wide ? 'transposed 4' : 'transposed',
    body: wide
      ? `return [${[0, 1, 2, 3].map((lane) => element(`#x * 4 + ${lane}`)).join(', ')}];`
      : `return ${element('#x')};`,
    inputs: { x },
    sizes: { rowCount: rows, columnCount: columns },
    grid: [wide ? rows / 4 : rows, columns, matrices],
    width: wide ? 4 : 1,
    out,
  });
  return out;
}
