// Attention over a group, forward: see src/kernels/table.ts. Items are bands of rows, for one head after the other, for one image
// (or four) after the other.
import { Call, clear, midOf, vectors } from './call';
import { finishContent } from './content';
import { drawKept } from './dropout';
import { encodingScores, factorise, weighExactly } from './factors';
import { gather } from './gather';
import { listNeighbours } from './neighbours';
import { preparePlan } from './plan';
import { lanesLeft, packLanes, packPlanes, unpackLanes } from './planes';
import { scores } from './scores';
import { addWeights, normalise, sumPlaces } from './weights';

/** Adds the weights of outputs [from, to) for one query element, whose exponentials are `e`. */
function weigh(call: Call, room: usize, e: usize, n: i32, from: i32, to: i32): void {
  sumPlaces(call, room, e, n, from, to);
  normalise(call, room, from, to);
  addWeights(call, room, e, n, from, to);
}

/** The results of the block at `pixel`. */
function attend(call: Call, room: usize, matrix: i32, pixel: i32, left: i32, n: i32): void {
  const count = call.keys * n, shifts = room + call.shifts;
  const start = room + call.contentStart, content = room + call.content;
  clear(start, call.queries);
  scores(call, start, room + call.q, call.queries, room + call.keyPlanes, shifts, n, content, vectors(count), 16);
  finishContent(call, room, n);
  clear(room + call.weights, count * call.outputs);
  clear(room + call.z, midOf(call) * call.outputs);
  for (let g = 0; g < call.queries; g++) {
    if (call.blocks) drawKept(call, room, matrix, g, pixel, left, n);
    if (encodingScores(call, room, g)) {
      factorise(call, room, g, n);
      weigh(call, room, content + vectors(g * count), n, 0, call.outputs);
      continue;
    }
    for (let v = 0; v < call.outputs; v++) {
      weighExactly(call, room, g, v, n);
      weigh(call, room, room + call.exact, n, v, v + 1);
    }
  }
  gather(call, room + call.weights, call.outputs, room + call.valuePlanes, shifts, n, room + call.z, 16, vectors(call.outputs));
}

/** The results of rows [first, last) of a head, in one image or in four. */
function attendRows(call: Call, room: usize, batch: i32, head: i32, first: i32, last: i32, scale: f32, factor: f32): void {
  const from = max(0, first - call.above), to = min(call.height, last + call.below);
  packPlanes(call.key, call, batch, head, from, to, room + call.keyPlanes);
  packPlanes(call.value, call, batch, head, from, to, room + call.valuePlanes);
  for (let row = first; row < last; row++) {
    for (let column = 0; column < call.width; column += call.wide) {
      const left = lanesLeft(call, batch, column);
      packLanes(call.query, call, call.queries, batch, head, row, column, scale, room + call.q);
      const n = listNeighbours(call, room, row, column, from, left);
      attend(call, room, batch * call.heads + head, row * call.width + column, left, n);
      unpackLanes(room + call.z, call, call.outputs, batch, head, row, column, factor, call.out);
    }
  }
}

export function groupAttention(call: Call, scale: f32, factor: f32, start: i32, end: i32, room: usize): void {
  const bands = (call.height + call.band - 1) / call.band;
  preparePlan(call, room);
  for (let item = start; item < end; item++) {
    const matrix = item / bands, first = (item % bands) * call.band;
    const batch = (matrix / call.heads) * call.images, head = matrix % call.heads;
    attendRows(call, room, batch, head, first, min(first + call.band, call.height), scale, factor);
  }
}
