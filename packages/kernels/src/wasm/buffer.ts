/** A buffer of the `wasm` device: a block of its heap. */
import type { Buffer } from '../device.js';
import type { DType } from '../dtype.js';

/** A block of the WebAssembly heap. */
export class WasmBuffer implements Buffer {
  readonly dtype: DType;
  readonly length: number;
  /** Byte offset in the memory. */
  readonly address: number;
  /** Whether its memory was given back. */
  released = false;

  constructor(dtype: DType, length: number, address: number) {
    this.dtype = dtype;
    this.length = length;
    this.address = address;
  }
}
