/** The files of a linear model: rows to learn from and to test with, and its weights. */
import { writeFile } from '@saccade/command';
import { type LibsvmMatrix, loadLibsvm } from '@saccade/nn';
import { packSafetensors } from '@saccade/tensor';
import type { Vector } from '../compress/message.js';
import { type LinearData, unitRows } from '../training/linear-data.js';
import type { DataOptions } from './linear-options.js';

/** Rows with as many features as the model. */
export interface LinearFiles {
  readonly train: LinearData & LibsvmMatrix;
  readonly test: (LinearData & LibsvmMatrix) | undefined;
}

/** Reads both files. Where nobody says how many features there are, there are as many as the larger of them has. @throws {FormatError} @throws {SaccadeError} `io` */
export async function readLinear(
  { path, test, features, unitRows: scales }: DataOptions,
  signal: AbortSignal,
): Promise<LinearFiles> {
  const load = (from: string): Promise<LibsvmMatrix> => loadLibsvm(from, { features, signal });
  const [rows, held] = [await load(path), test === undefined ? undefined : await load(test)];
  const columns = Math.max(rows.shape[1], held?.shape[1] ?? 0, 1);
  const fit = (data: LibsvmMatrix): LibsvmMatrix => {
    const all = { ...data, shape: [data.shape[0], columns] } as const;
    return scales ? (unitRows(all) as LibsvmMatrix) : all;
  };
  return { train: fit(rows), test: held && fit(held) };
}

/** Writes weights [features], or [features, classes], with what they are of. @throws {FileError} if it cannot be written */
export function writeWeights(
  path: string,
  weights: Vector,
  features: number,
  metadata: Readonly<Record<string, string>>,
): void {
  const classes = weights.length / features;
  const shape = classes === 1 ? [features] : [features, classes];
  const dtype = weights instanceof Float64Array ? 'F64' : 'F32';
  writeFile(path, packSafetensors(new Map([['weight', { dtype, shape, data: weights }]]), { metadata }));
}
