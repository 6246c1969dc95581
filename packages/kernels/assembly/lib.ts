// What the assembly of other packages may build on; all else in this folder is the kernels' own.
export { logPair } from './double';
export { exp64, log64 } from './scalar';
export { expPair, lanes } from './pairs';
export { expNegativePair } from './math';
export { fma, sumLanes } from './simd';
// The constants of Philox, and how they are read.
export { K, k } from './constants';
// Attention block by block, for kernels that make their queries or scores in a way of their own.
export {
  addWeighted, BLOCK, CHANNELS, complete, dots, KEYS, keysSeen, LANES, LISTS, packLanes, panelBytes, QUERIES, RANK, ROW, ROWS,
  VALUE_CHANNELS,
} from './attention-block';
export { finish, scaleLanes, softmaxBlock } from './attention-softmax';
export { matrixAt } from './batch';
export { NR, SPARE } from './tile';
