/** What attention over a group is given beside its plan, checked, and the sizes that follow. */
import {
  DTypeError,
  deviceOf,
  OptionError,
  quote,
  requireCount,
  requireShape,
  ShapeError,
  type Tensor,
} from '@saccade/tensor';
import type { AttentionDropout } from './dropout.js';
import { packPlan } from './packed-plan.js';
import type { AttentionPlan } from './plan.js';

/** Encodings that scores read; the plan's indices are their rows. */
export interface AttentionTables {
  /** [rows, d]: meets the first d channels of a head's query. */
  readonly row: Tensor;
  /** [columns, d]: meets the next d. */
  readonly column: Tensor;
  /** [entries, dGroup]: meets the rest; none where a head has no more than 2 d channels. */
  readonly group?: Tensor | undefined;
}

/** What shapes the scores and the weights. */
export interface AttentionSettings {
  readonly heads: number;
  /** Factor of all scores but the window's. */
  readonly scale: number;
  /** Default: no weight is dropped. */
  readonly dropout?: AttentionDropout | undefined;
}

/** Query, key, value, tables, plan and settings. */
export interface AttentionInputs {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly tables: AttentionTables;
  readonly plan: AttentionPlan;
  readonly settings: AttentionSettings;
}

/** Sizes of the inputs. */
export interface AttentionSizes {
  readonly batch: number;
  readonly heads: number;
  readonly outputs: number;
  readonly queries: number;
  readonly keys: number;
  readonly offsets: number;
  /** Different pairs of rows of both tables, and the reach of the offsets: see packed-plan.ts. */
  readonly pairs: number;
  readonly above: number;
  readonly below: number;
  readonly height: number;
  readonly width: number;
  /** Channels of a row's encoding, and of a column's. */
  readonly dims: number;
  /** Channels of a group encoding. */
  readonly groupDims: number;
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
}

/** @throws {ShapeError} unless query, key, value, tables and plan fit together @throws {DTypeError} unless floats of one type @throws {OptionError} for heads and scale */
export function attentionSizes(op: string, inputs: AttentionInputs): AttentionSizes {
  const { query, key, value, tables, plan, settings } = inputs;
  const all = [query, key, value, tables.row, tables.column, ...(tables.group ? [tables.group] : [])] as const;
  deviceOf(op, ...all);
  for (const { dtype } of all) {
    if (dtype !== query.dtype || !['float32', 'float64'].includes(dtype))
      throw new DTypeError(`${op}: expected floats of one type, got ${all.map((t) => t.dtype).join(', ')}`);
  }
  const { outputs, queries, keys } = plan;
  const heads = requireCount(op, 'heads', settings.heads);
  if (!Number.isFinite(settings.scale))
    throw new OptionError(`${op}: scale must be a finite number, got ${quote(settings.scale)}`);
  const [rows, dims] = requireShape(op, 'tables.row', tables.row, ['rows', 'd']);
  const [columns] = requireShape(op, 'tables.column', tables.column, ['columns', dims]);
  const [entries, groupDims] = tables.group
    ? requireShape(op, 'tables.group', tables.group, ['entries', 'd'])
    : ([0, 0] as const);
  const channels = heads * (2 * dims + groupDims);
  const [batch, , height, width] = requireShape(op, 'query', query, ['batch', queries, 'height', 'width', channels]);
  for (const [name, t] of [['key', key], ['value', value]] as const) // biome-ignore format: pairs
    requireShape(op, name, t, [batch, keys, height, width, channels]);
  const { offsets, pairs, above, below, ...needed } = packPlan(op, plan);
  requireRows(op, 'rowIndex', needed.rows, rows);
  requireRows(op, 'columnIndex', needed.columns, columns);
  requireRows(op, 'groupIndex', needed.entries, entries);
  if ((plan.groupIndex !== undefined) !== (tables.group !== undefined))
    throw new ShapeError(`${op}: a table of group encodings needs a groupIndex in the plan, and the reverse`);
  return {
    ...{ batch, heads, outputs, queries, keys, offsets, pairs, above, below, height, width },
    ...{ dims, groupDims, rows, columns, entries },
  };
}

function requireRows(op: string, name: string, needed: number, rows: number): void {
  if (needed > rows)
    throw new ShapeError(`${op}: the plan's ${name} reads row ${needed - 1} of its table, which has ${rows}`);
}
