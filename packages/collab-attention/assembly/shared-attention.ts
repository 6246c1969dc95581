// Fused attention whose heads mix one query and one key. The mixed queries of a head exist for the lanes of a thread alone, in
// the panel that the products read anyway.
import {
  addWeighted, BLOCK, CHANNELS, complete, dots, finish, KEYS, keysSeen, LANES, LISTS, matrixAt, NR, packLanes, panelBytes,
  QUERIES, RANK, ROW, ROWS, scaleLanes, softmaxBlock, SPARE, VALUE_CHANNELS,
} from '../../kernels/assembly/lib';

/** Packed lanes, step r of each times mixing[r] and `scale`. */
function mix(packed: usize, lanes: i32, length: i32, mixing: usize, scale: f32): void {
  for (let lane = 0; lane < lanes; lane += NR) {
    for (let r: usize = 0; r < <usize>length << 2; r += 4) {
      const factor = f32x4.splat(load<f32>(mixing + r) * scale);
      v128.store(packed, f32x4.mul(v128.load(packed), factor));
      v128.store(packed, f32x4.mul(v128.load(packed, 16), factor), 16);
      packed += 32;
    }
  }
}

/** block[key, :] += scale content[key heads]: what a key is worth to the head by itself. */
function addContent(block: usize, rows: i32, lanes: i32, content: usize, heads: i32, scale: f32): void {
  for (let r = 0; r < rows; r++) {
    const bias = f32x4.splat(load<f32>(content + (<usize>(r * heads) << 2)) * scale);
    for (let l: usize = 0; l < <usize>lanes << 2; l += 16) v128.store(block + l, f32x4.add(v128.load(block + l), bias));
    block += ROW;
  }
}

/** Items are blocks of LANES queries, for one head after the other, for one sequence after the other. */
export function sharedAttention(
  query: usize, mixing: usize, key: usize, content: usize, value: usize, bias: usize, mask: usize, out: usize, scale: f32,
  heads: i32, p: usize, start: i32, end: i32, scratch: usize,
): void {
  const queries = load<i32>(p, QUERIES), keys = load<i32>(p, KEYS);
  const channels = load<i32>(p, CHANNELS), width = load<i32>(p, VALUE_CHANNELS), rank = load<i32>(p, RANK);
  const blocks = (queries + LANES - 1) / LANES;
  const logs = scratch + SPARE, state = logs + ROW, block = state + 3 * ROW, lanesPacked = block + BLOCK;
  const room = lanesPacked + panelBytes(LANES, channels);
  for (let item = start; item < end; item++) {
    const matrix = item / blocks;
    const sequence = matrix / heads, head = matrix % heads;
    const first = (item - matrix * blocks) * LANES;
    const lanes = min(LANES, queries - first);
    const to = out + panelBytes(matrix * queries + first, width);
    const biasAt = bias ? bias + (<usize>matrixAt(matrix, rank, p + LISTS, 1) << 2) : 0;
    const maskAt = mask ? mask + <usize>matrixAt(matrix, rank, p + LISTS, 2) : 0;
    packLanes(query + panelBytes(sequence * queries + first, channels), lanes, channels, 1, lanesPacked);
    mix(lanesPacked, lanes, channels, mixing + panelBytes(head, channels), scale);
    memory.fill(to, 0, panelBytes(lanes, width));
    memory.fill(state + ROW, 0, ROW);
    for (let l: usize = 0; l < ROW; l += 16) v128.store(state + l, f32x4.splat(-Infinity));
    const seen = keysSeen(first + lanes - 1, p);
    for (let j = 0; j < seen; j += ROWS) {
      const rows = min(ROWS, seen - j);
      const row = sequence * keys + j;
      dots(key + panelBytes(row, channels), rows, lanesPacked, lanes, channels, block, room);
      if (content) addContent(block, rows, lanes, content + panelBytes(row, heads) + (<usize>head << 2), heads, scale);
      complete(block, rows, lanes, first, j, true, biasAt, maskAt, p);
      softmaxBlock(block, rows, lanes, state);
      if (j > 0) scaleLanes(to, lanes, width, state + 2 * ROW);
      addWeighted(block, 4, ROW, lanes, rows, value + panelBytes(matrix * keys + j, width), width, to, room, scratch);
    }
    finish(to, lanes, width, state, logs);
  }
}
