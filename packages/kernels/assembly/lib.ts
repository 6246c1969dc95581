// What the assembly of other packages may build on; all else in this folder is the kernels' own.
export { logPair } from './double';
export { exp64, log64 } from './scalar';
export { expPair, lanes } from './pairs';
