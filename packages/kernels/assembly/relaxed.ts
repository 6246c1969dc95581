// The kernels that gain by fused multiply-add, compiled a second time with relaxed SIMD.
export * from './matmul';
export * from './convolution';
export * from './attention';
