/** What is sent instead of a vector: one type for each way to say it in fewer bits. */

/** A vector of numbers on the host. Operators keep its precision: float64 is for those who compare with other code. */
export type Vector = Float32Array | Float64Array;

/** How the real numbers of a message travel. Values in a message are already rounded to it. */
export type ValueType = 'float32' | 'float16' | 'bfloat16';

/** Some entries, all others 0: what top-k and its like keep. */
export interface SparseMessage {
  readonly kind: 'sparse';
  /** Length of the vector. */
  readonly length: number;
  /** Positions, ascending, each once. */
  readonly indices: Int32Array;
  /** The value at each position. */
  readonly values: Vector;
  /** Default: float32. */
  readonly valueType?: ValueType | undefined;
}

/** Entries whose positions everybody can draw again from (seed, step, stream): only values travel. */
export interface SeededMessage {
  readonly kind: 'seeded';
  readonly length: number;
  /** The seed that all workers share, a whole number below 2^53. */
  readonly seed: number;
  readonly step: number;
  /** Which vector of a step this is: tensors of one model draw different positions. */
  readonly stream: number;
  /** The values at the positions of `seededIndices`, in ascending order of position. */
  readonly values: Vector;
  readonly valueType?: ValueType | undefined;
}

/** Everything: no compression. */
export interface DenseMessage {
  readonly kind: 'dense';
  readonly length: number;
  readonly values: Vector;
  readonly valueType?: ValueType | undefined;
}

/** Whole levels in [-s, s] of a norm, one norm a bucket: value = norm level / s. QSGD; TernGrad is s = 1 with the largest value as norm. */
export interface LevelsMessage {
  readonly kind: 'levels';
  readonly length: number;
  /** Number of levels s, 1 to 32767. */
  readonly s: number;
  /** Entries that share a norm; the last bucket may be shorter. */
  readonly bucket: number;
  /** [ceil(length / bucket)]. */
  readonly norms: Vector;
  /** [length], from -s to s. */
  readonly levels: Int16Array;
}

/** One bit an entry: which of two values it has. Scaled sign, sign majority, one-bit. */
export interface SignsMessage {
  readonly kind: 'signs';
  readonly length: number;
  /** [ceil(length / 8)]: bit i % 8 of byte i / 8, lowest first, is set where the entry has the value `negative`. */
  readonly bits: Uint8Array;
  readonly negative: number;
  readonly positive: number;
}

/** Signed powers of two, and 0: natural compression. */
export interface PowersMessage {
  readonly kind: 'powers';
  readonly length: number;
  /** [length]: 0 for zero, else sign times (exponent + 256): the value is sign 2^exponent, exponent from -149 to 127. */
  readonly codes: Int16Array;
}

/** One factor of a matrix, row-major: PowerSGD sends P [rows, rank], then Q [columns, rank]. */
export interface FactorMessage {
  readonly kind: 'factor';
  /** rows times rank. */
  readonly length: number;
  readonly rank: number;
  readonly values: Vector;
}

/** What is sent instead of a vector. */
export type Message =
  | SparseMessage
  | SeededMessage
  | DenseMessage
  | LevelsMessage
  | SignsMessage
  | PowersMessage
  | FactorMessage;
