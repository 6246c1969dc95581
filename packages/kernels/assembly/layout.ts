// layout kernels.
