/** Convolution kernels of the `wasm` device: grids of points, multiplied by packed filters or channel by channel. */
import type { ConvolutionKernels, ConvSizes } from '../table/convolution.js';
import type { WasmBuffer } from './buffer.js';
import { forwardGrid, type Grid, inputGrids } from './grids.js';
import type { WasmRuntime } from './runtime.js';

/** Bytes of a block of the left operand, and of the room that tiles and patches need: assembly/tile.ts, patches.ts. */
const LEFT_BYTES = 48 * 256 * 4;
const SPARE_BYTES = 192;
const ROOM_BYTES = SPARE_BYTES + 1152;
/** Line by line from so many lines on (to share them), and if a line's source stays in the second cache. */
const LINES = 8;
const LINE_BYTES = 2 ** 19;
/** Points whose products with the results' gradient are summed in one go. Fixed: it sets the order of summation. */
const CHUNK = 8192;

/** Bytes of a group's packed filter. */
function filterBytes(grid: Grid): number {
  return Math.ceil(grid.columns / 8) * grid.steps * 32;
}

/** Every channel on its own: too few columns for the tile. */
function isDepthwise(s: ConvSizes): boolean {
  return s.groups === s.inChannels && s.groups > 1;
}

/** Bytes of a line's source, for line by line; 0 if patches serve better or nothing else fits. */
function lineBytes(runtime: WasmRuntime, grid: Grid, s: ConvSizes): number {
  if (s.groups > 1 || !grid.inPlace || grid.reachX === 0) return 0;
  if (grid.lines < LINES) return 0;
  const rows = runtime.call('tileRows');
  const points = Math.ceil(grid.width / rows) * rows;
  // The last tile of a line may stand over the edge: the work that this costs must be less than what patches cost.
  if (points - grid.width > grid.width / (grid.columnSteps < 8 ? 3 : 12)) return 0;
  const sourceColumns = (points - 1) * grid.stepX + grid.reachX;
  const bytes = 4 * sourceColumns * grid.columnSteps;
  return bytes <= LINE_BYTES ? bytes : 0;
}

/** Multiplies with the filter, transposed (1) for the gradient by the input. */
function convolve(
  runtime: WasmRuntime,
  src: number,
  filter: number,
  transposed: number,
  bias: number,
  out: number,
  grid: Grid,
  s: ConvSizes,
): void {
  const line = lineBytes(runtime, grid, s);
  const [words = 0] = runtime.parameters(grid.words);
  runtime.withBlock(s.groups * filterBytes(grid), (packed) => {
    const filterPanels = s.groups * Math.ceil(grid.columns / 8);
    const order = line > 0 ? 1 : 0;
    runtime.parallel('packFilter', [filter, packed, transposed, order, words], filterPanels, 8 * grid.steps);
    const args = [src, packed, bias, out, words];
    const cost = grid.steps * grid.columns;
    if (line > 0) {
      const scratch = SPARE_BYTES + line + (grid.columns === 1 ? 4 * grid.steps : 0);
      runtime.parallel('convolveLines', [...args, line], grid.lines, grid.width * cost, scratch);
      return;
    }
    const rows = runtime.call('tileRows');
    const scratch = ROOM_BYTES + LEFT_BYTES + (grid.inPlace ? 0 : 48 * grid.columns * 4);
    runtime.parallel('convolve', args, s.groups * Math.ceil(grid.points / rows), rows * cost, scratch);
  });
}

function forward(runtime: WasmRuntime, x: number, filter: number, bias: number, out: number, s: ConvSizes): void {
  const grid = forwardGrid(s);
  if (isDepthwise(s)) {
    const [words = 0] = runtime.parameters(grid.words);
    const cost = s.outWidth * s.outChannels * s.kernelHeight * s.kernelWidth;
    runtime.parallel('depthwise', [x, filter, bias, out, words], grid.lines, cost);
    return;
  }
  convolve(runtime, x, filter, 0, bias, out, grid, s);
}

/** One phase of the input's pixels. */
function gradInput(runtime: WasmRuntime, dy: number, filter: number, dx: number, grid: Grid, s: ConvSizes): void {
  if (isDepthwise(s)) {
    const [words = 0] = runtime.parameters(grid.words);
    const cost = (grid.points / grid.lines) * grid.steps * s.groups;
    if (s.inChannels === s.outChannels) runtime.parallel('depthwise', [dy, filter, 0, dx, words], grid.lines, cost);
    else runtime.parallel('depthwiseGather', [dy, filter, dx, words], grid.lines, cost);
    return;
  }
  convolve(runtime, dy, filter, 1, 0, dx, grid, s);
}

function gradFilter(runtime: WasmRuntime, x: number, dy: number, dfilter: number, s: ConvSizes): void {
  const grid = forwardGrid(s);
  const [words = 0] = runtime.parameters(grid.words);
  if (isDepthwise(s)) {
    const blocks = s.kernelHeight * s.kernelWidth * Math.ceil(s.outChannels / 16);
    runtime.parallel('depthwiseFilter', [x, dy, dfilter, words], blocks, 16 * grid.points, 128);
    return;
  }
  const chunks = Math.ceil(grid.points / CHUNK);
  const panels = chunks * s.groups * Math.ceil(grid.steps / runtime.call('tileRows'));
  const cost = 4 * grid.columns * Math.min(CHUNK, grid.points);
  const scratch = ROOM_BYTES + LEFT_BYTES + Math.ceil(grid.columns / 8) * 256 * 32;
  const sumChunks = (to: number): void =>
    runtime.parallel('filterGradients', [x, dy, to, CHUNK, words], panels, cost, scratch);
  if (chunks === 1) {
    sumChunks(dfilter);
    return;
  }
  const size = grid.steps * s.outChannels;
  runtime.withBlock(4 * chunks * size, (partials) => {
    sumChunks(partials);
    runtime.parallel('sumPartials', [partials, chunks, size, dfilter, 0], size, chunks);
  });
}

/** The family over one runtime. */
export function convolutionKernels(runtime: WasmRuntime): ConvolutionKernels<WasmBuffer> {
  return {
    conv2d(x, filter, bias, out, sizes) {
      // Without input channels there is nothing to multiply, and only the bias to copy: not worth a kernel.
      const rare = out.dtype !== 'float32' || filter.length === 0;
      if (rare) runtime.fallback.conv2d(x, filter, bias, out, sizes);
      else if (out.length > 0) forward(runtime, x.address, filter.address, bias?.address ?? 0, out.address, sizes);
    },
    conv2dGradInput(dy, filter, dx, sizes) {
      if (dx.dtype !== 'float32') return runtime.fallback.conv2dGradInput(dy, filter, dx, sizes);
      if (dx.length === 0) return;
      const grids = inputGrids(sizes);
      // Pixels that no result sees.
      if (dy.length === 0 || grids.some((grid) => grid.steps === 0)) runtime.view(dx).fill(0);
      if (dy.length === 0) return;
      for (const grid of grids) {
        if (grid.steps > 0) gradInput(runtime, dy.address, filter.address, dx.address, grid, sizes);
      }
    },
    conv2dGradFilter(x, dy, dfilter, sizes) {
      if (dfilter.dtype !== 'float32') runtime.fallback.conv2dGradFilter(x, dy, dfilter, sizes);
      else if (dy.length === 0 || x.length === 0) runtime.view(dfilter).fill(0);
      else if (dfilter.length > 0) gradFilter(runtime, x.address, dy.address, dfilter.address, sizes);
    },
  };
}
