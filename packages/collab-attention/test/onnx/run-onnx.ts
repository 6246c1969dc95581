/** Runs ONNX files with onnxruntime's WebAssembly. */
import * as ort from 'onnxruntime-web/wasm';

ort.env.wasm.numThreads = 1;
ort.env.logLevel = 'error';

export type Feeds = Readonly<Record<string, ort.Tensor>>;

/** What a model gives, by name. */
export async function runOnnx(bytes: Uint8Array, feeds: Feeds): Promise<Record<string, ort.Tensor>> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
  try {
    const results = await session.run({ ...feeds });
    return { ...results };
  } finally {
    await session.release();
  }
}

export function floats(dims: readonly number[], values: ArrayLike<number>): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.from(values), [...dims]);
}

export function integers(dims: readonly number[], values: ArrayLike<number>): ort.Tensor {
  return new ort.Tensor('int64', BigInt64Array.from(Array.from(values, BigInt)), [...dims]);
}

/** The numbers of a result. */
export function numbersOf(tensor: ort.Tensor | undefined): Float32Array {
  return tensor?.data as Float32Array;
}
