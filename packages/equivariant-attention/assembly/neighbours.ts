// What a block sees: a list of offsets at which at least one of its lanes sees a pixel.
import { Call, words } from './call';
import { firstLanes } from './pixels';

// @ts-ignore: decorator
@inline
function addEdge(call: Call, room: usize, place: usize, mask: v128): void {
  const count = load<i32>(room + call.edgeCount);
  store<i32>(room + call.edges + words(count), <i32>(place >> 2));
  v128.store(room + call.edgeMasks + (<usize>count << 4), mask);
  store<i32>(room + call.edgeCount, count + 1);
}

/**
 * Lists what the block at (row, column) sees: where its lanes begin in planes whose first row is `firstRow`, and which offset it is.
 * Where only `left` lanes are left, the others see everything, so that there are weights in them too. The list is made even by one
 * that nobody sees. Returns its length.
 */
export function listNeighbours(call: Call, room: usize, row: i32, column: i32, firstRow: i32, left: i32): i32 {
  const width = call.width, height = call.height, beside = call.wide - 1;
  const none = v128.not(firstLanes(left));
  const start = (row - firstRow) * call.rowBytes + call.margin + column * call.columnBytes;
  const shifts = room + call.shifts, which = room + call.which, offsetShifts = room + call.offsetShifts;
  let n: usize = 0;
  store<i32>(room + call.edgeCount, 0);
  let offset = call.offsets;
  for (let o: usize = 0; o < words(call.offsetCount); o += 4, offset += 8) {
    const x = column + load<i32>(offset, 4);
    if (<u32>(row + load<i32>(offset)) >= <u32>height || <u32>(x + beside) >= <u32>(width + beside)) continue;
    store<i32>(shifts + n, start + load<i32>(offsetShifts + o));
    store<i32>(which + n, <i32>(o >> 2));
    if (x < 0 || x + beside >= width) {
      const lanes = i32x4.add(i32x4.splat(x), i32x4(0, 1, 2, 3));
      addEdge(call, room, n, v128.or(i32x4.lt_u(lanes, i32x4.splat(width)), none));
    }
    n += 4;
  }
  if (n & 4) {
    store<i32>(shifts + n, 0); // zeros before the first column
    store<i32>(which + n, load<i32>(which + n - 4));
    addEdge(call, room, n, i32x4.splat(0));
    n += 4;
  }
  return <i32>(n >> 2);
}
