// convolution kernels.
