// All kernels but the products: one file a family. Every kernel that threads may share ends in (start, end, scratch).
export * from './elementwise';
export * from './reduce';
export * from './softmax';
export * from './norm';
export * from './image';
export * from './layout';
export * from './indexing';
export * from './sorting';
export * from './segment';
export * from './pooling';
export * from './depthwise';
export { gemmSmall, timesVector } from './matmul-small';
export * from './random';
