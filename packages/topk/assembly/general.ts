// This package's own kernels: one file a family. Every kernel ends in (start, end, scratch).
export * from './exact';
export * from './exact-grad';
export * from './exact-plan';
export * from './patches';
export * from './perturbed';
export * from './exact-noise';
export * from './lapsum';
export * from './sparse';
