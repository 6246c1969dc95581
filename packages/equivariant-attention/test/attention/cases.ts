/** Random plans and inputs for attention over a group: any indices, as the kernels need no group behind them. */
import { type Device, type DType, Rng, type Tensor, tensor } from '@saccade/tensor';
import fc from 'fast-check';
import type { AttentionInputs, AttentionTables } from '../../src/attention/attention-inputs.js';
import type { OrbitRows } from '../../src/attention/dropout.js';
import type { AttentionPlan } from '../../src/attention/plan.js';

/** A case by its sizes. */
export interface Case {
  readonly seed: number;
  readonly batch: number;
  readonly heads: number;
  readonly outputs: number;
  readonly queries: number;
  readonly keys: number;
  readonly height: number;
  readonly width: number;
  readonly dims: number;
  readonly groupDims: number;
  readonly offsets: 'patch 1' | 'patch 3' | 'patch 5' | 'disc' | 'global' | 'scattered';
  readonly window: boolean;
  readonly dropout: 'none' | 'own' | 'orbit';
}

/** Small sizes of all kinds. */
export const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(1e6),
  batch: fc.integer({ min: 1, max: 2 }),
  heads: fc.integer({ min: 1, max: 3 }),
  outputs: fc.integer({ min: 1, max: 5 }),
  queries: fc.integer({ min: 1, max: 5 }),
  keys: fc.integer({ min: 1, max: 5 }),
  height: fc.constantFrom(1, 2, 3, 5),
  width: fc.constantFrom(1, 2, 4, 5, 7, 13),
  dims: fc.integer({ min: 1, max: 3 }),
  groupDims: fc.integer({ min: 0, max: 3 }),
  offsets: fc.constantFrom(...(['patch 1', 'patch 3', 'patch 5', 'disc', 'global', 'scattered'] as const)),
  window: fc.boolean(),
  dropout: fc.constantFrom(...(['none', 'own', 'orbit'] as const)),
});

/** So many images that kernels take four at a time. */
export const batches: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(1e6),
  batch: fc.constantFrom(8, 9, 11),
  heads: fc.constant(4),
  outputs: fc.constantFrom(1, 4, 5),
  queries: fc.constantFrom(1, 2, 4),
  keys: fc.integer({ min: 1, max: 2 }),
  height: fc.constantFrom(1, 2, 3),
  width: fc.constantFrom(1, 2, 3, 7),
  dims: fc.integer({ min: 1, max: 3 }),
  groupDims: fc.integer({ min: 0, max: 2 }),
  offsets: fc.constantFrom(...(['patch 3', 'disc', 'scattered'] as const)),
  window: fc.boolean(),
  dropout: fc.constantFrom(...(['none', 'own', 'orbit'] as const)),
});

function offsetsOf({ offsets, height, width }: Case, rng: Rng): number[] {
  const box = (rows: number, columns: number, keep: (y: number, x: number) => boolean): number[] => {
    const all: number[] = [];
    for (let y = -rows; y <= rows; y++) for (let x = -columns; x <= columns; x++) if (keep(y, x)) all.push(y, x);
    return all;
  };
  switch (offsets) {
    case 'patch 1':
      return [0, 0];
    case 'patch 3':
      return box(1, 1, () => true);
    case 'patch 5':
      return box(2, 2, () => true);
    case 'disc':
      return box(2, 2, (y, x) => y * y + x * x <= 6.25);
    case 'global':
      return box(height - 1, width - 1, () => true);
    case 'scattered': {
      const some = Array.from(rng.integers([8], -4, 5).dataSync<'int32'>());
      const unique = new Set(['0,0', ...some.flatMap((y, i) => (i % 2 ? [] : [`${y},${some[i + 1]}`]))]);
      return [...unique].reverse().flatMap((pair) => pair.split(',').map(Number));
    }
  }
}

function indices(rng: Rng, count: number, rows: number): Int32Array {
  return rng.integers([count], 0, rows).dataSync<'int32'>();
}

/** A permutation a row. */
function orbitOf(c: Case, rng: Rng, length: number): OrbitRows {
  const rows = c.outputs * c.queries * c.height * c.width;
  const place = Array.from({ length: c.outputs }, () => Array.from(rng.permutation(length).dataSync<'int32'>()));
  return { rowOf: indices(rng, rows, rows), place: Int32Array.from(place.flat()) };
}

/** Random inputs of a case, on the current device. @param size standard deviation of queries */
export function inputsOf(c: Case, dtype: DType = 'float32', device?: Device, size = 1): AttentionInputs {
  const rng = new Rng(c.seed);
  const { batch, heads, outputs, queries, keys, height, width, dims, groupDims } = c;
  const [rows, columns, entries] = [3, 4, 5];
  const offsets = Int32Array.from(offsetsOf(c, rng));
  const count = offsets.length / 2;
  const normal = (shape: readonly number[], deviation = 1): Tensor =>
    rng.normal(shape, { dtype, deviation, ...(device && { device }) });
  const plan: AttentionPlan = {
    ...{ outputs, queries, keys, offsets },
    rowIndex: indices(rng, outputs * count, rows),
    columnIndex: indices(rng, outputs * count, columns),
    groupIndex: groupDims > 0 ? indices(rng, outputs * queries * keys, entries) : undefined,
    window: c.window ? rng.normal([count]).dataSync() : undefined,
  };
  const channels = heads * (2 * dims + groupDims);
  const tables: AttentionTables = {
    row: normal([rows, dims]),
    column: normal([columns, dims]),
    group: groupDims > 0 ? normal([entries, groupDims]) : undefined,
  };
  const orbit = c.dropout === 'orbit' ? orbitOf(c, rng, keys * count) : undefined;
  const dropout = c.dropout === 'none' ? undefined : { rate: 0.3, rng: new Rng(c.seed + 1), orbit };
  return {
    query: normal([batch, queries, height, width, channels], size),
    key: normal([batch, keys, height, width, channels]),
    value: normal([batch, keys, height, width, channels]),
    tables,
    plan,
    settings: { heads, scale: 0.6, dropout },
  };
}

/** The tensors by which there are gradients. */
export function parametersOf({ query, key, value, tables }: AttentionInputs): Record<string, Tensor> {
  const { row, column, group } = tables;
  return { query, key, value, row, column, ...(group && { group }) };
}

/** Random numbers for the gradient of the result. */
export function cotangentOf(c: Case, dtype: DType = 'float32'): Tensor {
  const { batch, outputs, height, width, heads, dims, groupDims } = c;
  const shape = [batch, outputs, height, width, heads * (2 * dims + groupDims)];
  return tensor(new Rng(c.seed + 2).normal(shape).dataSync(), { shape, dtype });
}
