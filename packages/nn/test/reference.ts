/** PyTorch's reference vectors: test/golden/README.md says what is in them. */
import { readFileSync } from 'node:fs';
import { decodeSafetensors, type Tensor, tensor } from '@saccade/tensor';

/** Parses a JSON file of test/golden. */
export function golden<T>(file: string): T {
  return JSON.parse(readFileSync(new URL(`golden/${file}`, import.meta.url), 'utf8')) as T;
}

/** Tensors of a file of test/golden, made when asked for: I64 become int32. */
export class Vectors {
  readonly #stored: ReturnType<typeof decodeSafetensors>['tensors'];

  constructor(file: string) {
    this.#stored = decodeSafetensors(readFileSync(new URL(`golden/${file}`, import.meta.url))).tensors;
  }

  has(name: string): boolean {
    return this.#stored.has(name);
  }

  /** Names below a prefix, without it. */
  below(prefix: string): string[] {
    return [...this.#stored.keys()].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  }

  get(name: string): Tensor {
    const stored = this.#stored.get(name);
    if (stored === undefined) throw new Error(`test/golden has no ${name}`);
    const shape = [...stored.shape];
    if (stored.dtype === 'I64') return tensor(Int32Array.from(stored.data as BigInt64Array, Number), { shape });
    if (stored.dtype === 'BOOL') return tensor(stored.data as Uint8Array, { shape, dtype: 'bool' });
    return tensor(stored.data as Float32Array, { shape });
  }
}
