/** The property that marks tensors of every copy of this package. */
export const brand = '@saccade/tensor';
