/** Scores of attention on the GPU, a block of queries at a time, so that scratch stays within bounds. */
import type { DType } from '../dtype.js';
import type { AttentionSizes } from '../table/attention.js';
import type { GpuBuffer } from './buffer.js';
import type { Planner } from './fold.js';
import type { Plan } from './plan.js';
import { type FourFactors, type Product, planProduct, planTransposed } from './product.js';
import { lowNumbers } from './rows.js';
import { type StridedText, stridedText } from './strided.js';

/** Some queries of some of the batch. */
export interface Block {
  readonly firstMatrix: number;
  readonly matrices: number;
  readonly firstQuery: number;
  readonly queries: number;
}

/** Scores that are held at a time. */
const MOST_SCORES = 2 ** 23;
/** Up to so many queries, transposing the keys costs more than reading them along their channels. */
const FEW = 8;

/** Whole batch entries where they are small enough, else queries of one. At least one block, be it empty. */
export function blocksOf({ batch, queries, keys }: AttentionSizes): Block[] {
  const most = Math.max(1, Math.floor(MOST_SCORES / Math.max(1, keys)));
  const matrices = Math.max(1, Math.floor(most / Math.max(1, queries)));
  const parts = Math.max(1, Math.ceil(queries / most));
  const step = Math.ceil(queries / parts);
  const blocks: Block[] = [];
  for (let firstMatrix = 0; firstMatrix === 0 || firstMatrix < batch; firstMatrix += matrices) {
    for (let part = 0; part < parts; part++) {
      const firstQuery = part * step;
      blocks.push({
        firstMatrix,
        matrices: Math.min(matrices, batch - firstMatrix),
        firstQuery,
        queries: Math.min(step, queries - firstQuery),
      });
    }
  }
  return blocks;
}

/** Numbers, not sizes: the kernels of all blocks are the same. */
export function blockNumbers({ firstMatrix, matrices, firstQuery, queries }: Block): Record<string, number> {
  return { firstMatrix, firstQuery, endMatrix: firstMatrix + matrices, endQuery: firstQuery + queries };
}

/** Texts of whole numbers: where something of the block is in the whole, and the other way round. */
export const inWhole = {
  matrix: (matrix: string): string => `(${matrix} + int(firstMatrix))`,
  query: (query: string): string => `(${query} + int(firstQuery))`,
} as const;
export const inBlock = {
  matrix: (matrix: string): string => `(${matrix} - int(firstMatrix))`,
  query: (query: string): string => `(${query} - int(firstQuery))`,
} as const;

/** Text of the condition that something of the whole is not of the block. */
export const outside = {
  matrix: (matrix: string): string => `(${matrix} < int(firstMatrix) || !(${matrix} < int(endMatrix)))`,
  query: (query: string): string => `(${query} < int(firstQuery) || !(${query} < int(endQuery)))`,
} as const;

/** Plans with the scratch buffers of the block before. */
export class BlockPlanner implements Planner {
  readonly #plan: Plan;
  readonly #kept: GpuBuffer[] = [];
  #next = 0;

  readonly readsFour: boolean;

  constructor(plan: Plan) {
    this.#plan = plan;
    this.readsFour = plan.readsFour;
  }

  /** To be called before each block. */
  startBlock(): void {
    this.#next = 0;
  }

  run(options: Parameters<Plan['run']>[0]): void {
    this.#plan.run(options);
  }

  scratch(length: number, dtype?: DType): GpuBuffer {
    const buffer = this.#kept[this.#next] ?? this.#plan.scratch(length, dtype);
    this.#kept[this.#next] = buffer;
    this.#next += 1;
    return buffer;
  }
}

/** [batch, keys, channels] as the right factor of products over the channels; transposed where that is worth it. */
export interface KeyFactor {
  readonly buffer: GpuBuffer;
  readonly isTurned: boolean;
}

export function planKeyFactor(plan: Plan, x: GpuBuffer, sizes: AttentionSizes, channels: number): KeyFactor {
  if (sizes.queries <= FEW || channels === 1) return { buffer: x, isTurned: false };
  return { buffer: planTransposed(plan, x, sizes.batch, sizes.keys, channels), isTurned: true };
}

/** Products of queries (or gradients of the result) with keys (or values), [matrices, queries, keys] of a block. */
export function keyProduct(
  left: string,
  right: string,
  isTurned: boolean,
  { matrices, queries }: Block,
  sizes: AttentionSizes,
  channels: number,
): Pick<Product, 'matrices' | 'rows' | 'columns' | 'steps' | 'left' | 'right' | 'four' | 'sizes'> {
  const four: FourFactors = {
    left: {
      input: left,
      at: (matrix, row, step) =>
        `(${inWhole.matrix(matrix)} * queryCount + ${inWhole.query(row)}) * quotient(stepCount, 4) + quotient(${step}, 4)`,
    },
    right: {
      input: right,
      at: (matrix, step) => `(${inWhole.matrix(matrix)} * stepCount + ${step}) * quotient(keyCount, 4) + #x`,
    },
  };
  return {
    ...(isTurned && { four }),
    ...{ matrices, rows: queries, columns: sizes.keys, steps: channels },
    sizes: { queryCount: sizes.queries, keyCount: sizes.keys, keyShift: sizes.keys - sizes.queries },
    left: (matrix, row, step) =>
      `${left}[(${inWhole.matrix(matrix)} * queryCount + ${inWhole.query(row)}) * stepCount + ${step}]`,
    right: (matrix, step, column) =>
      isTurned
        ? `${right}[(${inWhole.matrix(matrix)} * stepCount + ${step}) * keyCount + ${column}]`
        : `${right}[(${inWhole.matrix(matrix)} * keyCount + ${column}) * stepCount + ${step}]`,
  };
}

/** Text of the number of a query of the whole among the rows of the block. */
export const blockRow = (matrix: string, query: string): string =>
  `(${inBlock.matrix(matrix)} * (int(endQuery) - int(firstQuery)) + ${inBlock.query(query)})`;

/**
 * Products of the block's weights (or gradients of scores) with values (or keys), for all queries: what belongs to other
 * blocks stays as it was in `previous`.
 */
export function queryProduct(
  left: string,
  right: string,
  sizes: AttentionSizes,
  channels: number,
): Omit<Product, 'name' | 'inputs' | 'out'> {
  return {
    ...{ matrices: sizes.batch, rows: sizes.queries, columns: channels, steps: sizes.keys },
    left: (matrix, row, step) => `${left}[${blockRow(matrix, row)} * stepCount + ${step}]`,
    right: (matrix, step, column) => `${right}[(${matrix} * stepCount + ${step}) * columnCount + ${column}]`,
    four: {
      left: {
        input: left,
        at: (matrix, row, step) => `${blockRow(matrix, row)} * quotient(stepCount, 4) + quotient(${step}, 4)`,
      },
      right: {
        input: right,
        at: (matrix, step) => `(${matrix} * stepCount + ${step}) * quotient(columnCount, 4) + #x`,
      },
    },
    ...(sizes.causal ? { while: (_, row, step) => `${step} <= ${row} + keyShift` } : {}),
    unless: (matrix, row) => `${outside.matrix(matrix)} || ${outside.query(row)}`,
    instead: (matrix, row, column) => `previous[(${matrix} * queryCount + ${row}) * columnCount + ${column}]`,
    sizes: { queryCount: sizes.queries, columnCount: channels, keyShift: sizes.keys - sizes.queries },
  };
}

/** Text of the condition that causality hides a key from a query. */
const isLater = (query: string, key: string): string => `${key} > ${query} + keyShift`;

/** Text of the condition and of the value of a whole group of keys that causality hides. */
export function hiddenAs(value: string, { causal }: AttentionSizes): Pick<Product, 'unless' | 'instead'> {
  if (!causal) return {};
  return { unless: (_, row, column) => isLater(inWhole.query(row), column), instead: () => value };
}

export interface ScoreInputs {
  readonly query: GpuBuffer;
  readonly key: KeyFactor;
  readonly bias: GpuBuffer | undefined;
  readonly mask: GpuBuffer | undefined;
}

/** A broadcast operand's element (b, i, j). */
function broadcastText(name: string, matrix: string, { batchShape }: AttentionSizes, strides: readonly number[]) {
  const batch: StridedText = stridedText(`${name}Batch`, matrix, batchShape, strides.slice(0, -2));
  const [row, column] = strides.slice(-2) as [number, number];
  return {
    form: batch.form,
    at: (query: string, key: string): string => `${batch.text} + ${query} * ${name}Row + ${key} * ${name}Column`,
    sizes: { ...batch.sizes, [`${name}Row`]: row, [`${name}Column`]: column },
  };
}

/**
 * Plans the scores of a block, -Infinity where a key is hidden.
 * @param finish more statements that change the score, a variable
 */
export function planScores(
  plan: Planner,
  { query, key, bias, mask }: ScoreInputs,
  sizes: AttentionSizes,
  block: Block,
  out: GpuBuffer,
  finish: Pick<Product, 'finish' | 'inputs'> & { name: string; hidden: string } = {
    name: '',
    inputs: {},
    hidden: 'low',
  },
): void {
  const product = keyProduct('query', 'key', key.isTurned, block, sizes, sizes.channels);
  const biasForm = bias && broadcastText('bias', '', sizes, sizes.biasStrides);
  const maskForm = mask && broadcastText('mask', '', sizes, sizes.maskStrides);
  planProduct(plan, {
    ...product,
    ...hiddenAs(finish.hidden, sizes),
    name: `scores ${key.isTurned} ${sizes.causal} ${biasForm?.form} ${maskForm?.form} ${finish.name}`,
    finish: (sum, matrix, row, column) => {
      const [whole, i] = [inWhole.matrix(matrix), inWhole.query(row)];
      const statements = [`${sum} = ${sum} * scale;`];
      if (bias)
        statements.push(`${sum} += bias[${broadcastText('bias', whole, sizes, sizes.biasStrides).at(i, column)}];`);
      if (mask) {
        const { at } = broadcastText('mask', whole, sizes, sizes.maskStrides);
        statements.push(`if (mask[${at(i, column)}] === 0) { ${sum} = low; }`);
      }
      if (sizes.causal) statements.push(`if (${isLater(i, column)}) { ${sum} = low; }`);
      statements.push(finish.finish?.(sum, matrix, row, column) ?? '');
      return statements.join(' ');
    },
    inputs: { query, key: key.buffer, ...(bias ? { bias } : {}), ...(mask ? { mask } : {}), ...finish.inputs },
    sizes: { ...product.sizes, ...biasForm?.sizes, ...maskForm?.sizes },
    numbers: { ...blockNumbers(block), ...lowNumbers, scale: sizes.scale },
    out,
  });
}
