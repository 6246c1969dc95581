// indexing kernels.
