// random kernels.
