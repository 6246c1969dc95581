// Fused attention: softmax over the keys while they pass by in blocks, so that no score outlives its block.
import {
  addWeighted, BLOCK, CHANNELS, complete, dots, KEYS, keysSeen, LANES, LISTS, packLanes, panelBytes, QUERIES, RANK,
  ROW, ROWS, VALUE_CHANNELS,
} from './attention-block';
import { finish, scaleLanes, softmaxBlock } from './attention-softmax';
import { matrixAt } from './batch';
import { SPARE } from './tile';
export * from './attention-grad';

/** Items are blocks of LANES queries, for one batch after the other. */
export function attention(
  query: usize, key: usize, value: usize, bias: usize, mask: usize, out: usize, logSumExp: usize, scale: f32, p: usize,
  start: i32, end: i32, scratch: usize,
): void {
  const queries = load<i32>(p, QUERIES), keys = load<i32>(p, KEYS);
  const channels = load<i32>(p, CHANNELS), width = load<i32>(p, VALUE_CHANNELS), rank = load<i32>(p, RANK);
  const blocks = (queries + LANES - 1) / LANES;
  const state = scratch + SPARE, block = state + 3 * ROW, lanesPacked = block + BLOCK;
  const room = lanesPacked + panelBytes(LANES, channels);
  for (let item = start; item < end; item++) {
    const batch = item / blocks;
    const first = (item - batch * blocks) * LANES;
    const lanes = min(LANES, queries - first);
    const row = batch * queries + first;
    const to = out + panelBytes(row, width);
    const biasAt = bias ? bias + (<usize>matrixAt(batch, rank, p + LISTS, 1) << 2) : 0;
    const maskAt = mask ? mask + <usize>matrixAt(batch, rank, p + LISTS, 2) : 0;
    packLanes(query + panelBytes(row, channels), lanes, channels, scale, lanesPacked);
    memory.fill(to, 0, panelBytes(lanes, width));
    memory.fill(state + ROW, 0, ROW);
    for (let l: usize = 0; l < ROW; l += 16) v128.store(state + l, f32x4.splat(-Infinity));
    const seen = keysSeen(first + lanes - 1, p);
    for (let j = 0; j < seen; j += ROWS) {
      const rows = min(ROWS, seen - j);
      dots(key + panelBytes(batch * keys + j, channels), rows, lanesPacked, lanes, channels, block, room);
      complete(block, rows, lanes, first, j, true, biasAt, maskAt, p);
      softmaxBlock(block, rows, lanes, state);
      if (j > 0) scaleLanes(to, lanes, width, state + 2 * ROW);
      addWeighted(block, 4, ROW, lanes, rows, value + panelBytes(batch * keys + j, width), width, to, room, scratch);
    }
    finish(to, lanes, width, state, logSumExp + (<usize>row << 2));
  }
}
