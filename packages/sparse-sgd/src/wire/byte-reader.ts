/** Reads bytes, and bits highest first, that may be anything: every step checks that there is enough. */
import { FormatError, viewStored } from '@saccade/tensor';

/** The counterpart of `ByteWriter`. Its methods throw a FormatError where the bytes end too early or cannot be what they should. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** The lowest `#loaded` bits, at most 32, are bits that were loaded and not taken yet. */
  #bits = 0;
  #loaded = 0;

  constructor(bytes: Uint8Array) {
    // A plain one, as `slice` of a subclass such as Node's Buffer may be a view, and no copy.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  /** Bytes that are left. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  fail(problem: string): FormatError {
    return new FormatError(`decode: ${problem}`);
  }

  /** Throws a FormatError unless there are so many bytes more. */
  requireLeft(count: number): void {
    if (count > this.left) throw this.fail(`ends early: ${count} more bytes expected, got ${this.left}`);
  }

  /** Moves on by `count` bytes. @returns where these begin */
  #skip(count: number): number {
    this.requireLeft(count);
    const start = this.#at;
    this.#at += count;
    return start;
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!;
  }

  /** A copy of the next bytes. */
  raw(count: number): Uint8Array {
    const start = this.#skip(count);
    return this.#bytes.slice(start, start + count);
  }

  /** A whole number in [0, 2^53), in as few bytes as it takes. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) throw this.fail('a number is 2^53 or more');
      if (byte < 128) {
        if (byte === 0 && scale > 1) throw this.fail('a number takes more bytes than it needs');
        return value;
      }
      scale *= 128;
    }
  }

  uint16(count: number): Uint16Array {
    return viewStored(this.raw(2 * count), 'U16') as Uint16Array;
  }

  float32(count: number): Float32Array {
    return viewStored(this.raw(4 * count), 'F32') as Float32Array;
  }

  float64(count: number): Float64Array {
    return viewStored(this.raw(8 * count), 'F64') as Float64Array;
  }

  #load(): void {
    while (this.#loaded <= 24 && this.#at < this.#bytes.length) {
      this.#bits = (this.#bits << 8) | this.#bytes[this.#at++]!;
      this.#loaded += 8;
    }
  }

  /** The next `count` bits, at most 32, as a whole number. */
  bits(count: number): number {
    return count > 16 ? this.#few(count - 16) * 2 ** 16 + this.#few(16) : this.#few(count);
  }

  #few(count: number): number {
    if (this.#loaded < count) {
      this.#load();
      if (this.#loaded < count) throw this.fail(`ends early: ${count} more bits expected, got ${this.#loaded}`);
    }
    this.#loaded -= count;
    return (this.#bits >>> this.#loaded) & ((1 << count) - 1);
  }

  /** Takes zero bits and the one that ends them; or, without it, `limit` zero bits. @returns how many zeros */
  zeros(limit: number): number {
    let count = 0;
    while (count < limit) {
      if (this.#loaded === 0) {
        this.#load();
        if (this.#loaded === 0) throw this.fail('ends early: more bits expected, got none');
      }
      const ahead = Math.clz32(this.#bits << (32 - this.#loaded));
      const zeros = Math.min(ahead, this.#loaded, limit - count);
      count += zeros;
      this.#loaded -= zeros;
      if (zeros === ahead && this.#loaded > 0 && count < limit) {
        this.#loaded--;
        return count;
      }
    }
    return count;
  }

  /** Ends a run of bits: the rest of the byte, which must be zero bits, is taken. */
  align(): void {
    if (this.#few(this.#loaded & 7) !== 0) throw this.fail('bits between parts are not 0');
    this.#at -= this.#loaded >>> 3;
    this.#loaded = 0;
  }
}
