// The plan in bytes, once a call, so that no block multiplies.
import { Call, vectors, words } from './call';

/** to [n] = from [n] in vectors from `start` on. */
function toBytes(from: usize, n: i32, start: i32, to: usize): void {
  for (let i: usize = 0; i < words(n); i += 4) store<i32>(to + i, <i32>vectors(start + load<i32>(from + i)));
}

/** Fills offsetShifts, pairOffsets, entryOffsets and pairAtOffsets. */
export function preparePlan(call: Call, room: usize): void {
  for (let o = 0; o < call.offsetCount; o++) {
    const offset = call.offsets + (<usize>o << 3);
    const shift = load<i32>(offset) * call.rowBytes + load<i32>(offset, 4) * call.columnBytes;
    store<i32>(room + call.offsetShifts + words(o), shift);
  }
  for (let i = 0; i < call.pairCount; i++) {
    const pair = call.pairs + (<usize>i << 3), to = room + call.pairOffsets + (<usize>i << 3);
    toBytes(pair, 1, 0, to);
    toBytes(pair + 4, 1, call.rows, to + 4);
  }
  toBytes(call.groupAt, call.queries * call.keys * call.outputs, call.rows + call.columns, room + call.entryOffsets);
  toBytes(call.pairAt, call.offsetCount * call.outputs, 0, room + call.pairAtOffsets);
}
