/** What the two ways to a GPU have in common: storages of float32 values, and launches of one translated kernel. */

/** `length` float32 values on the GPU. Belongs to one buffer at a time; contents never change while others may read them. */
export interface Storage {
  readonly length: number;
}

/** One run of one kernel: each thread computes `width` neighbouring elements of the output. */
export interface Program {
  /** Names the source: the same name always stands for the same text and the same names of arguments. */
  readonly name: string;
  /** JavaScript for gpu.js. `#x`, `#y`, `#z` are the place in the grid, whole numbers; sizes and inputs go by their names. */
  readonly body: string;
  /** Whole numbers that loops and indices use. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Other numbers; infinite ones and NaN have to come this way, for gpu.js cannot write them down. */
  readonly numbers: Readonly<Record<string, number>>;
  /** Extents of the grid, innermost first: one to three. */
  readonly grid: readonly number[];
  /** Elements that a thread returns: 1, or an array of 4. */
  readonly width: 1 | 4;
  /** Inputs that are read four neighbouring elements at a time: `x[i]` is an array of those from 4 i on. See `Backend.readsFour`. */
  readonly four?: readonly string[];
}

export interface Backend {
  readonly name: 'webgpu' | 'webgl2';
  /** The GPU's own name. */
  readonly adapter: string;
  /** Whether the CPU plays the GPU: SwiftShader, llvmpipe and the like. */
  readonly software: boolean;
  /** Whether programs may read four elements at a time. Where they may, reading one costs as much. */
  readonly readsFour: boolean;
  /** Resolves with the reason when the GPU is gone; never rejects. */
  readonly lost: Promise<string>;
  /** What the GPU has refused since the last time, such as memory, told only after the fact; undefined if nothing. */
  takeFailure(): Promise<Error | undefined>;
  upload(values: Float32Array): Storage;
  read(storage: Storage): Promise<Float32Array>;
  /** Runs a program; the promise, if one is given, settles when its kernel has been compiled and the run was submitted. */
  run(program: Program, inputs: Readonly<Record<string, Storage>>): Storage | Promise<Storage>;
  /** Gives the storage back; commands that were submitted before may still read it. */
  release(storage: Storage): void;
  /** Bytes of all buffers or textures that exist, used and kept for reuse. */
  readonly reserved: number;
  dispose(): void;
}

/** Elements that a program's output holds. */
export function outputLength({ grid, width }: Program): number {
  return grid.reduce((product, size) => product * size, width);
}

/** True for names of software rasterisers. */
export function isSoftware(adapter: string): boolean {
  return /swiftshader|llvmpipe|softpipe|lavapipe|software|basic render/i.test(adapter);
}
