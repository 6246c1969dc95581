/** Reference vectors of a paper's equations, in pages too, where `node:fs` is a request to the server. */
import { readFileSync } from 'node:fs';

/** Makes a tensor: the function `tensor` of `@saccade/tensor`, which lies above this package. */
export type MakeTensor<T> = (
  values: number[],
  options: { readonly shape: readonly number[]; readonly dtype: 'float32' | 'int32' },
) => T;

/** An array of a safetensors file. */
interface StoredArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** What reads the bytes of an element type. */
const readers: Readonly<Record<string, new (bytes: ArrayBuffer) => ArrayLike<number | bigint>>> = {
  BOOL: Uint8Array,
  U8: Uint8Array,
  I32: Int32Array,
  U32: Uint32Array,
  I64: BigInt64Array,
  F32: Float32Array,
  F64: Float64Array,
};

/** The arrays of a safetensors file: eight bytes with the length of a header in JSON, the header, and the data that it places. */
function storedArrays(bytes: Uint8Array): Map<string, StoredArray> {
  const start = 8 + Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Record<
    string,
    { readonly dtype: string; readonly shape: readonly number[]; readonly data_offsets: readonly [number, number] }
  >;
  const arrays = new Map<string, StoredArray>();
  for (const [name, { dtype, shape, data_offsets: place }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const Reader = readers[dtype];
    if (Reader === undefined) throw new Error(`golden: ${name} is of type ${dtype}, which nothing here reads`);
    // A copy, as data need not begin where its elements can.
    const own = new Uint8Array(bytes.subarray(start + place[0], start + place[1]));
    arrays.set(name, { dtype, shape, data: new Reader(own.buffer) });
  }
  return arrays;
}

/** The vectors of one case file, `<name>.safetensors` if it has any, and its scalars, `<name>.json`. */
export class Golden<Scalars, T = never> {
  /** What the JSON file holds. */
  readonly scalars: Scalars;
  readonly #file: URL;
  readonly #make: MakeTensor<T> | undefined;
  #arrays: ReadonlyMap<string, StoredArray> | undefined;

  /** @param file place of both files, without their endings @param make for `tensor()` */
  constructor(file: URL, make?: MakeTensor<T>) {
    this.#file = file;
    this.#make = make;
    this.scalars = JSON.parse(new TextDecoder().decode(readFileSync(new URL(`${file.href}.json`)))) as Scalars;
  }

  #stored(): ReadonlyMap<string, StoredArray> {
    this.#arrays ??= storedArrays(readFileSync(new URL(`${this.#file.href}.safetensors`)));
    return this.#arrays;
  }

  /** Names that begin with `prefix`, without it. */
  names(prefix = ''): string[] {
    return [...this.#stored().keys()]
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length));
  }

  #array(name: string): StoredArray {
    const array = this.#stored().get(name);
    if (array === undefined) throw new Error(`golden: there is no ${name}`);
    return array;
  }

  /** The extents of an array. */
  shape(name: string): readonly number[] {
    return this.#array(name).shape;
  }

  /** The values in the precision in which they were stored. */
  values(name: string): number[] {
    return Array.from(this.#array(name).data, Number);
  }

  /** As a tensor: float32, or int32 for whole numbers. */
  tensor(name: string): T {
    if (this.#make === undefined) throw new Error('golden: tensors need the function that makes them');
    const { shape, dtype } = this.#array(name);
    return this.#make(this.values(name), { shape, dtype: dtype.startsWith('F') ? 'float32' : 'int32' });
  }
}
