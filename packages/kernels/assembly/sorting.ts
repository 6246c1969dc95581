// sorting kernels.
