/** Filters that find edges, as kernels of one convolution from colours to one channel. */

/** The filters: what people call them, and what they do to brightness. */
export const filters = {
  sobel: {
    name: 'Sobel',
    taps: [
      [-1, 0, 1],
      [-2, 0, 2],
      [-1, 0, 1],
    ],
  },
  laplace: {
    name: 'Laplace',
    taps: [
      [0, 1, 0],
      [1, -4, 1],
      [0, 1, 0],
    ],
  },
} as const;

export type FilterName = keyof typeof filters;

/** How much red, green and blue count for brightness. */
const luma = [0.299, 0.587, 0.114] as const;

/** The kernel of a filter: [1, 3, 3, 3], rounded to float32. */
export function kernelOf(name: FilterName): number[][][][] {
  return [luma.map((share) => filters[name].taps.map((row) => row.map((tap) => Math.fround(share * tap))))];
}
