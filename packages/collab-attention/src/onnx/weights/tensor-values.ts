/** Values of the weights of a file, decoded when they are asked for, and which weights are the same. */
import { crc32, FormatError, quote } from '@saccade/tensor';
import type { OnnxTensor } from '../model/tensor.js';
import { floatsOf, rawOf } from '../model/tensor-values.js';

/** Knows values that lie in other files too. */
export class TensorValues {
  readonly #what: string;
  readonly #external: ReadonlyMap<string, Uint8Array>;
  readonly #seen = new Map<string, OnnxTensor[]>();

  /** @param external bytes of weights that lie elsewhere, by the names of the weights */
  constructor(what: string, external: ReadonlyMap<string, Uint8Array>) {
    this.#what = what;
    this.#external = external;
  }

  /** @throws {FormatError} for numbers that are not finite, and for damaged tensors */
  floats(tensor: OnnxTensor): Float32Array | Float64Array {
    const values = floatsOf(tensor, this.#what, this.#elsewhere(tensor));
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return values;
    const place = tensor.dims.map((_, axis) => {
      const stride = tensor.dims.slice(axis + 1).reduce((a, b) => a * b, 1);
      return Math.floor(bad / stride) % (tensor.dims[axis] as number);
    });
    const name = quote(tensor.name);
    throw new FormatError(`${this.#what}: ${name} must be finite, got ${values[bad]} at [${place.join(', ')}]`);
  }

  /** A text that is the same for tensors of the same values: exporters write shared weights more than once. */
  keyOf(tensor: OnnxTensor): string {
    const bytes = this.#bytesOf(tensor);
    const sum = `${tensor.type} ${tensor.dims.join('x')} ${crc32(bytes)}`;
    const alike = this.#seen.get(sum) ?? [];
    this.#seen.set(sum, alike);
    const known = alike.findIndex((one) => isSame(this.#bytesOf(one), bytes));
    return `${sum} ${known < 0 ? alike.push(tensor) - 1 : known}`;
  }

  #elsewhere({ name, external }: OnnxTensor): Uint8Array | undefined {
    return external && this.#external.get(name);
  }

  /** Raw bytes; where there are none the message, name and all. */
  #bytesOf(tensor: OnnxTensor): Uint8Array {
    return this.#elsewhere(tensor) ?? rawOf(tensor, this.#what) ?? tensor.message;
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
