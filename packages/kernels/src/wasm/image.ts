/** Bilinear resampling of the `wasm` device: rows of the result are shared among threads, gradients are gathered. */
import type { ImageKernels, ResizeSizes, RotateSizes } from '../table/image.js';
import type { WasmBuffer } from './buffer.js';
import type { WasmRuntime } from './runtime.js';

/** Bytes of what one output pixel reads along an axis. */
const TAP = 16;

/** Addresses of both axes' taps, and of where each input pixel's outputs begin among them. */
interface Taps {
  readonly tapsY: number;
  readonly tapsX: number;
  readonly lowY: number;
  readonly lowX: number;
}

/** The family over one runtime. */
export function imageKernels(runtime: WasmRuntime): ImageKernels<WasmBuffer> {
  function withTaps(sizes: ResizeSizes, body: (taps: Taps) => void): void {
    const { inHeight, inWidth, outHeight, outWidth, alignCorners } = sizes;
    const words = outHeight * TAP + outWidth * TAP + 4 * (inHeight + 1) + 4 * (inWidth + 1);
    runtime.withBlock(words, (tapsY) => {
      const tapsX = tapsY + outHeight * TAP;
      const lowY = tapsX + outWidth * TAP;
      const lowX = lowY + 4 * (inHeight + 1);
      runtime.call('resizeTaps', inHeight, outHeight, Number(alignCorners), tapsY, lowY);
      runtime.call('resizeTaps', inWidth, outWidth, Number(alignCorners), tapsX, lowX);
      body({ tapsY, tapsX, lowY, lowX });
    });
  }

  /** Runs `body` with cosine and sine of every angle, float64, at an address. */
  function withTurns(angles: WasmBuffer, batch: number, body: (turns: number) => void): void {
    runtime.withBlock(16 * batch, (turns) => {
      const table = new Float64Array(runtime.memory.buffer, turns, 2 * batch);
      runtime.view(angles).forEach((angle, n) => {
        table[2 * n] = Math.cos(angle);
        table[2 * n + 1] = Math.sin(angle);
      });
      body(turns);
    });
  }

  function turn(name: string, from: WasmBuffer, angles: WasmBuffer, to: WasmBuffer, sizes: RotateSizes): void {
    const { batch, height, width, channels } = sizes;
    withTurns(angles, batch, (turns) => {
      const args = [from.address, to.address, height, width, channels, turns];
      runtime.parallel(name, args, batch * height, width * (20 + 2 * channels));
    });
  }

  return {
    resizeBilinear(x, out, sizes) {
      const { batch, inHeight, inWidth, outHeight, outWidth, channels } = sizes;
      withTaps(sizes, ({ tapsY, tapsX }) => {
        const args = [x.address, out.address, inHeight, inWidth, outHeight, outWidth, channels, tapsY, tapsX];
        const cost = (inWidth * channels) / 4 + outWidth * (2 + channels / 2);
        runtime.parallel('resizeRows', args, batch * outHeight, cost, inWidth * channels * 4 + 16);
      });
    },

    resizeBilinearGrad(dy, dx, sizes) {
      const { batch, inHeight, inWidth, outHeight, outWidth, channels } = sizes;
      withTaps(sizes, ({ tapsY, tapsX, lowY, lowX }) => {
        const axes = [inHeight, inWidth, outHeight, outWidth, channels, tapsY, tapsX, lowY, lowX];
        const rowsBehind = (2 * outHeight) / inHeight;
        const cost = (rowsBehind * outWidth * channels) / 4 + inWidth * 4 + outWidth * (2 + channels / 2);
        const scratch = outWidth * channels * 4 + 16;
        runtime.parallel('resizeRowsGrad', [dy.address, dx.address, ...axes], batch * inHeight, cost, scratch);
      });
    },

    rotate(x, angles, out, sizes) {
      turn('rotateRows', x, angles, out, sizes);
    },

    rotateGrad(dy, angles, dx, sizes) {
      turn('rotateRowsGrad', dy, angles, dx, sizes);
    },
  };
}
