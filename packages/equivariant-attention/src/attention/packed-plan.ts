/** A plan as the kernels take it, checked once. */
import { quote, ShapeError } from '@saccade/tensor';
import type { OrbitRows } from './dropout.js';
import type { AttentionPlan } from './plan.js';

/** The plan in one list of int32, and what follows from it. */
export interface PackedPlan {
  /** offsets [O, 2], then pairs [pairs, 2], pairAt [O, V], groupAt [G, M, V] (zeros without a groupIndex): see kernels/table.ts. */
  readonly words: Int32Array;
  readonly offsets: number;
  /** How many different pairs of a row and a column of the tables there are. */
  readonly pairs: number;
  /** How many rows of pixels the offsets reach up and down. */
  readonly above: number;
  readonly below: number;
  /** Rows that the tables must have. */
  readonly rows: number;
  readonly columns: number;
  readonly entries: number;
}

const packed = new WeakMap<AttentionPlan, PackedPlan>();

/** The same object for the same plan. @throws {ShapeError} unless its lists have their lengths, indices are from 0, offsets differ and (0, 0) is one of them */
export function packPlan(op: string, plan: AttentionPlan): PackedPlan {
  const known = packed.get(plan);
  if (known !== undefined) return known;
  const made = pack(op, plan);
  packed.set(plan, made);
  return made;
}

function pack(op: string, plan: AttentionPlan): PackedPlan {
  const offsets = requireLists(op, plan);
  const { list, places } = pairsOf(plan, offsets);
  const steps = Array.from({ length: offsets }, (_, o) => plan.offsets[2 * o] as number);
  return {
    words: joined([plan.offsets, list, places, groupAt(plan)]),
    offsets,
    pairs: list.length / 2,
    above: -Math.min(...steps),
    below: Math.max(...steps),
    rows: rowsIn(plan.rowIndex),
    columns: rowsIn(plan.columnIndex),
    entries: plan.groupIndex === undefined ? 0 : rowsIn(plan.groupIndex),
  };
}

function rowsIn(indices: Int32Array): number {
  return indices.reduce((most, index) => Math.max(most, index), -1) + 1;
}

/** Number of offsets. */
function requireLists(op: string, { outputs, queries, keys, ...plan }: AttentionPlan): number {
  const offsets = plan.offsets.length / 2;
  const places = Array.from({ length: offsets }, (_, o) => `${plan.offsets[2 * o]}, ${plan.offsets[2 * o + 1]}`);
  if (!places.includes('0, 0') || new Set(places).size !== offsets)
    throw new ShapeError(`${op}: the plan's offsets must differ, and one must be (0, 0), got ${quote(places)}`);
  const lists: [string, ArrayLike<number> | undefined, number][] = [
    ['rowIndex', plan.rowIndex, outputs * offsets],
    ['columnIndex', plan.columnIndex, outputs * offsets],
    ['groupIndex', plan.groupIndex, outputs * queries * keys],
    ['window', plan.window, offsets],
  ];
  for (const [name, list, count] of lists) {
    if (list !== undefined && list.length !== count)
      throw new ShapeError(`${op}: the plan's ${name} must have ${count} numbers, got ${list.length}`);
    if (name !== 'window' && list !== undefined && Array.from(list).some((index) => index < 0))
      throw new ShapeError(`${op}: the plan's ${name} must be numbers from 0`);
  }
  return offsets;
}

/** The different pairs, and for each offset and output which it is: outputs of a group read the same ones at other places. */
function pairsOf({ outputs, rowIndex, columnIndex }: AttentionPlan, offsets: number) {
  const known = new Map<string, number>();
  const list: number[] = [];
  const places = new Int32Array(offsets * outputs);
  for (let o = 0; o < offsets; o++) {
    for (let v = 0; v < outputs; v++) {
      const pair = [rowIndex[v * offsets + o] as number, columnIndex[v * offsets + o] as number] as const;
      const name = pair.join();
      if (!known.has(name)) {
        known.set(name, known.size);
        list.push(...pair);
      }
      places[o * outputs + v] = known.get(name) as number;
    }
  }
  return { list: Int32Array.from(list), places };
}

/** groupIndex [V, G, M] -> [G, M, V]. */
function groupAt({ outputs, queries, keys, groupIndex }: AttentionPlan): Int32Array {
  const count = queries * keys;
  return Int32Array.from({ length: count * outputs }, (_, i) => {
    return groupIndex?.[(i % outputs) * count + Math.floor(i / outputs)] ?? 0;
  });
}

/** The rows of an orbit in one list: rowOf [V, G, pixels], place [V, M O]. */
export function orbitWords({ rowOf, place }: OrbitRows): Int32Array {
  return joined([rowOf, place]);
}

function joined(lists: readonly Int32Array[]): Int32Array {
  const words = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    words.set(list, at);
    at += list.length;
  }
  return words;
}
