// The kernels that live by multiply-add: compiled twice, with plain and with relaxed SIMD.
export * from './matmul';
export * from './convolution';
export * from './attention';
