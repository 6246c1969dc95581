/** Cuts what comes over a wire into frames. */
import { FormatError } from '@saccade/tensor';

/** Frames have their length, 4 bytes, in front. */
export class FrameCutter {
  readonly #largest: number;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #announced: number | undefined;

  constructor(largest: number) {
    this.#largest = largest;
  }

  /** The frames that are complete with this piece, without their lengths; copies. @throws {FormatError} for one that would be too large */
  push(piece: Uint8Array): Uint8Array[] {
    this.#pieces.push(piece);
    this.#length += piece.length;
    const frames: Uint8Array[] = [];
    for (;;) {
      if (this.#announced === undefined) {
        if (this.#length < 4) return frames;
        this.#announced = new DataView(this.#take(4).buffer).getUint32(0, true);
        if (this.#announced > this.#largest) {
          throw new FormatError(`frame: expected ${this.#largest} bytes at most, got ${this.#announced}`);
        }
      }
      // Pieces wait as they came: nothing is allocated for bytes that were only announced.
      if (this.#length < this.#announced) return frames;
      frames.push(this.#take(this.#announced));
      this.#announced = undefined;
    }
  }

  /** A copy, so that small frames that are kept do not keep large pieces. */
  #take(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    this.#length -= length;
    let at = 0;
    let used = 0;
    while (at < length) {
      const piece = this.#pieces[used]!;
      const part = piece.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      if (part.length < piece.length) this.#pieces[used] = piece.subarray(part.length);
      else used++;
    }
    this.#pieces.splice(0, used);
    return bytes;
  }
}
