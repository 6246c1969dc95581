/** Reference vectors of the paper's equations: `test/golden/<file>.safetensors`, and the scalars of each case in `<file>.json`. */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type StoredArray, type Tensor, tensor } from '@saccade/tensor';

/** The tensors of one file, by name. */
export class Golden<Scalars> {
  /** What the JSON file holds. */
  readonly scalars: Scalars;
  readonly #arrays: ReadonlyMap<string, StoredArray>;

  constructor(file: string) {
    const read = (ending: string): Uint8Array => readFileSync(new URL(`golden/${file}.${ending}`, import.meta.url));
    this.scalars = JSON.parse(new TextDecoder().decode(read('json'))) as Scalars;
    this.#arrays = decodeSafetensors(read('safetensors')).tensors;
  }

  /** Names that begin with `prefix`, without it. */
  names(prefix = ''): string[] {
    return [...this.#arrays.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  #array(name: string): StoredArray {
    const array = this.#arrays.get(name);
    if (array === undefined) throw new Error(`golden: there is no ${name}`);
    return array;
  }

  shape(name: string): readonly number[] {
    return this.#array(name).shape;
  }

  /** The values in the precision in which they were stored. */
  values(name: string): number[] {
    return Array.from(this.#array(name).data as ArrayLike<number>, Number);
  }

  /** As a tensor: float32, or int32 for whole numbers. */
  tensor(name: string): Tensor {
    const { shape, dtype } = this.#array(name);
    const whole = dtype === 'I32' || dtype === 'U8';
    return tensor(this.values(name), { shape, dtype: whole ? 'int32' : 'float32' }) as Tensor;
  }
}
