// The gradients of attention over a group: see src/kernels/table.ts. Weights are computed again. Items are heads of one image (or
// four) after the other: all that adds up in an item's keys and values is added by one thread, block after block.
import { Call, clear, encodingCount, midOf, tableSize, vectors } from './call';
import { finishContent } from './content';
import { drawKept } from './dropout';
import { addEncodings, collectPlaces, addTotals } from './encoding-grad';
import { encodingScores, factorise, weighExactly } from './factors';
import { gather } from './gather';
import { listNeighbours } from './neighbours';
import { firstLanes } from './pixels';
import { preparePlan } from './plan';
import { lanesLeft, lineAt, packLanes, packPlanes, unpackLanes, unpackPlanes } from './planes';
import { scatter } from './scatter';
import { scores } from './scores';
import { addSlopes } from './slopes';

/** What one query element gives; `left` lanes are left. */
function addElement(call: Call, room: usize, g: i32, n: i32, left: i32): void {
  const content = room + call.content + vectors(g * call.keys * n);
  clear(room + call.dencodings, encodingCount(call));
  if (encodingScores(call, room, g)) {
    factorise(call, room, g, n);
    addSlopes(call, room, g, content, n, 0, call.outputs);
  } else {
    for (let v = 0; v < call.outputs; v++) {
      weighExactly(call, room, g, v, n);
      addSlopes(call, room, g, room + call.exact, n, v, v + 1);
    }
  }
  collectPlaces(call, room, n);
  if (left < 4) forget(room + call.dencodings, encodingCount(call), firstLanes(left));
  addEncodings(call, room, g);
}

/** Zeros in lanes that there are not, where there may be anything. */
function forget(x: usize, count: i32, lanes: v128): void {
  for (const end = x + vectors(count); x < end; x += 16) v128.store(x, v128.and(v128.load(x), lanes));
}

/**
 * What weights' gradients begin with: less that of the block's own pixel, as a row's scores see of them only how they differ, which small
 * differences of large numbers would tell badly. (Dropout sees all of them.)
 */
function startSlopes(call: Call, room: usize, self: usize): void {
  const start = room + call.dweightStart, step = vectors(call.outputs);
  clear(start, call.outputs);
  if (call.blocks) return;
  for (let c = 0; c < midOf(call); c++) {
    const value = v128.load(room + call.valuePlanes + self + <usize>(c * call.plane));
    for (let v: usize = 0; v < step; v += 16) {
      const dz = v128.load(room + call.z + <usize>c * step + v);
      v128.store(start + v, f32x4.sub(v128.load(start + v), f32x4.mul(dz, value)));
    }
  }
}

/** The block at `pixel`, which begins at `self` in planes: adds to the gradients of keys, values and tables, and leaves that of the queries in dq. */
function addBlock(call: Call, room: usize, matrix: i32, pixel: i32, self: usize, left: i32, n: i32): void {
  const count = call.keys * n, shifts = room + call.shifts;
  const ofQuery = vectors(count), ofPlace = vectors(call.outputs);
  const content = room + call.content, dcontent = room + call.dcontent, weights = room + call.weights;
  const start = room + call.contentStart, dstart = room + call.dweightStart, dweights = room + call.dweights;
  clear(start, call.queries);
  startSlopes(call, room, self);
  scores(call, start, room + call.q, call.queries, room + call.keyPlanes, shifts, n, content, ofQuery, 16);
  scores(call, dstart, room + call.z, call.outputs, room + call.valuePlanes, shifts, n, dweights, 16, ofPlace);
  finishContent(call, room, n);
  clear(weights, count * call.outputs);
  clear(dcontent, count * call.queries);
  clear(room + call.dq, midOf(call) * call.queries);
  for (let g = 0; g < call.queries; g++) {
    if (call.blocks) drawKept(call, room, matrix, g, pixel, left, n);
    addElement(call, room, g, n, left);
  }
  if (left < 4) {
    forget(weights, count * call.outputs, firstLanes(left));
    forget(dcontent, count * call.queries, firstLanes(left));
  }
  gather(call, dcontent, call.queries, room + call.keyPlanes, shifts, n, room + call.dq, ofQuery, 16);
  scatter(call, dcontent, call.queries, room + call.q, room + call.dkeyPlanes, shifts, n, ofQuery, 16);
  scatter(call, weights, call.outputs, room + call.z, room + call.dvaluePlanes, shifts, n, 16, ofPlace);
}

/** Zeros where an item adds up. */
function clearItem(call: Call, room: usize, totals: usize): void {
  const planes = <usize>(call.keys * midOf(call) * call.plane);
  memory.fill(room + call.dkeyPlanes, 0, planes);
  memory.fill(room + call.dvaluePlanes, 0, planes);
  clear(room + call.dtables, tableSize(call));
  memory.fill(totals, 0, <usize>tableSize(call) << 3);
}

/** All of a head, in one image or in four. */
function addHead(call: Call, room: usize, batch: i32, head: i32, scale: f32, factor: f32, totals: usize): void {
  packPlanes(call.key, call, batch, head, 0, call.height, room + call.keyPlanes);
  packPlanes(call.value, call, batch, head, 0, call.height, room + call.valuePlanes);
  for (let row = 0; row < call.height; row++) {
    for (let column = 0; column < call.width; column += call.wide) {
      const left = lanesLeft(call, batch, column);
      packLanes(call.query, call, call.queries, batch, head, row, column, scale, room + call.q);
      packLanes(call.out, call, call.outputs, batch, head, row, column, factor, room + call.z);
      const n = listNeighbours(call, room, row, column, 0, left);
      addBlock(call, room, batch * call.heads + head, row * call.width + column, lineAt(0, call, 0, row, column), left, n);
      unpackLanes(room + call.dq, call, call.queries, batch, head, row, column, scale, call.dquery);
    }
    addTotals(call, room, totals);
  }
  unpackPlanes(room + call.dkeyPlanes, call, batch, head, call.dkey);
  unpackPlanes(room + call.dvaluePlanes, call, batch, head, call.dvalue);
}

export function groupAttentionGrad(call: Call, scale: f32, factor: f32, start: i32, end: i32, room: usize): void {
  preparePlan(call, room);
  for (let item = start; item < end; item++) {
    const totals = call.partials + (<usize>(item * tableSize(call)) << 3);
    clearItem(call, room, totals);
    addHead(call, room, (item / call.heads) * call.images, item % call.heads, scale, factor, totals);
  }
}
