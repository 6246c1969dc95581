/** How much memory a computation takes beside its input, by the library's own counters. */
import { createWasmDevice, type Device, useDevice } from '@saccade/kernels';

/** A device that remembers the most memory in use. */
interface Watched {
  readonly device: Device;
  /** Bytes in use at most since `reset`, less those in use then. */
  peak(): number;
  reset(): void;
}

function watched(inner: Device): Watched {
  let start = 0;
  let most = 0;
  const note = (): void => {
    most = Math.max(most, inner.memory().inUse);
  };
  const device: Device = {
    ...inner,
    allocate(dtype, length) {
      const buffer = inner.allocate(dtype, length);
      note();
      return buffer;
    },
  };
  return {
    device,
    peak: () => most - start,
    reset() {
      start = inner.memory().inUse;
      most = start;
    },
  };
}

/** Runs `body` on a device of its own; `measure(f)` in it gives the bytes that `f` took at most, beside what was there. */
export async function withPeakMemory<R>(body: (measure: (f: () => unknown) => number) => R | Promise<R>): Promise<R> {
  const inner = createWasmDevice({ threads: 1 });
  const { device, peak, reset } = watched(inner);
  const before = useDevice(device);
  try {
    return await body((f) => {
      reset();
      f();
      return peak();
    });
  } finally {
    useDevice(before);
    inner.dispose();
  }
}
