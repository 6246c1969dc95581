/** Writes bytes, and bits highest first, into a buffer that grows. */
import { littleEndianBytes } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';

/** How many bytes `ByteWriter.varint` takes for a whole number from 0. */
export function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes++;
  return bytes;
}

/** Little-endian bytes in the order of their writing. Bits are highest first; `align` ends a run of them. */
export class ByteWriter {
  #bytes = new Uint8Array(64);
  #at = 0;
  /** Bits that are not a byte yet: the lowest `#pending` of `#bits`. */
  #bits = 0;
  #pending = 0;

  /** What was written; a view that the next write may change. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Makes room for so many more bytes: `bits`, `zeros` and `align` have none of their own. */
  reserve(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const bytes = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    bytes.set(this.written);
    this.#bytes = bytes;
  }

  byte(value: number): void {
    this.reserve(1);
    this.#bytes[this.#at++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A whole number in [0, 2^53), 7 bits a byte, lowest first, the highest bit set where another follows (LEB128). */
  varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.byte((rest & 0x7f) | 0x80);
    this.byte(rest);
  }

  uint16(values: Uint16Array): void {
    this.raw(littleEndianBytes(values));
  }

  uint32(value: number): void {
    this.raw(littleEndianBytes(Uint32Array.of(value)));
  }

  /** Rounded to float32. */
  float32(values: Vector): void {
    this.raw(littleEndianBytes(values instanceof Float32Array ? values : new Float32Array(values)));
  }

  float64(values: Vector): void {
    this.raw(littleEndianBytes(values instanceof Float64Array ? values : new Float64Array(values)));
  }

  /** The lowest `count` bits, at most 32, of a whole number that has no others. */
  bits(value: number, count: number): void {
    if (count > 16) {
      this.#few(value >>> 16, count - 16);
      this.#few(value & 0xffff, 16);
    } else this.#few(value, count);
  }

  #few(value: number, count: number): void {
    // At most 7 pending bits and 16 new ones.
    this.#bits = (this.#bits << count) | value;
    this.#pending += count;
    while (this.#pending >= 8) {
      this.#pending -= 8;
      this.#bytes[this.#at++] = this.#bits >>> this.#pending;
    }
    this.#bits &= (1 << this.#pending) - 1;
  }

  /** So many zero bits. */
  zeros(count: number): void {
    let rest = count;
    for (; rest > 16; rest -= 16) this.#few(0, 16);
    this.#few(0, rest);
  }

  /** Fills the byte up with zero bits. */
  align(): void {
    if (this.#pending > 0) this.#few(0, 8 - this.#pending);
  }
}
