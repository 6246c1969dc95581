/** What is in use now. */
import { currentDevice } from '@saccade/kernels';
import { state } from './state.js';

/** Live tensors, and bytes of the current device. */
export interface MemoryUse {
  /** Tensors that were made and not freed, on all devices. */
  readonly tensors: number;
  /** Bytes in live blocks of the current device. */
  readonly bytes: number;
  /** Bytes that the current device took from the host. */
  readonly reserved: number;
}

/** Counts live tensors and the bytes of the current device. */
export function memory(): MemoryUse {
  const { inUse, reserved } = currentDevice().memory();
  return { tensors: state.tensors, bytes: inUse, reserved };
}
