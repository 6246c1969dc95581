// segment kernels.
