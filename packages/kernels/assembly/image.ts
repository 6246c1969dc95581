// image kernels.
