/** The weights of a network by name, on the host. */
import {
  type Device,
  type DType,
  isTensor,
  type NamedTensors,
  OptionError,
  quote,
  ShapeError,
  show,
  type Tensor,
} from '@saccade/tensor';
import { UnsupportedError } from '../unsupported-error.js';

/** Values of a weight or bias. */
export interface HostWeight {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** Looks up tensors by name, and reads them. */
export class Weights {
  readonly #op: string;
  readonly #tensors: ReadonlyMap<string, Tensor>;

  /** @throws {OptionError} unless these are tensors by name */
  constructor(op: string, tensors: NamedTensors) {
    if (typeof tensors !== 'object' || tensors === null || isTensor(tensors)) {
      throw new OptionError(`${op}: expected tensors by name, got ${quote(tensors)}`);
    }
    this.#op = op;
    this.#tensors = new Map<string, Tensor>(tensors instanceof Map ? tensors : Object.entries(tensors));
  }

  /** @throws {OptionError} if there is none of this name */
  tensor(name: string): Tensor {
    const found = this.optional(name);
    if (found !== undefined) return found;
    const some = [...this.#tensors.keys()].slice(0, 8).map(quote).join(', ');
    const more = this.#tensors.size > 8 ? ', …' : '';
    throw new OptionError(`${this.#op}: there is no tensor ${quote(name)}; there are ${some || 'none'}${more}`);
  }

  /** Undefined if there is none of this name. @throws {OptionError} for what is no tensor */
  optional(name: string): Tensor | undefined {
    const found = this.#tensors.get(name);
    if (found === undefined || isTensor(found)) return found;
    throw new OptionError(`${this.#op}: ${quote(name)} is no tensor, got ${quote(found)}`);
  }

  /** @throws {OptionError} if there is none, and for NaN and infinities @throws {UnsupportedError} for what are no real numbers */
  read(name: string): HostWeight {
    const { shape } = this.tensor(name);
    return { shape, data: this.#values(name) };
  }

  /** One value for each output; undefined if there is no tensor of this name. @throws {ShapeError} for another number of them */
  perOutput(name: string, outputs: number): Float64Array | undefined {
    const found = this.optional(name);
    if (found === undefined) return undefined;
    if (found.rank === 1 && found.shape[0] === outputs) return this.#values(name);
    throw new ShapeError(`${this.#op}: ${name} must be [${outputs}], got ${show(found.shape)}`);
  }

  #values(name: string): Float64Array {
    const t = this.tensor(name);
    if (t.dtype !== 'float32' && t.dtype !== 'float64') {
      throw new UnsupportedError(`${this.#op}: ${name} must be float32 or float64, got ${t.dtype}`);
    }
    const data = Float64Array.from(t.dataSync() as ArrayLike<number>);
    const bad = data.findIndex((value) => !Number.isFinite(value));
    if (bad < 0) return data;
    throw new OptionError(`${this.#op}: ${name} must be finite, got ${data[bad]} at place ${bad}`);
  }
}

/** Element type and place of a network: those of its first weight. */
export interface Place {
  readonly dtype: Extract<DType, 'float32' | 'float64'>;
  readonly device: Device;
}
