// This package's own kernels: one file a family. Every kernel ends in (start, end, scratch).
export * from './group-attention';
export * from './group-attention-grad';
