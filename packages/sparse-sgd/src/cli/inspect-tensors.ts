/** The arrays of a safetensors file, with their norms. */
import { convertStored, type SafetensorsFile } from '@saccade/tensor';

/** An array. */
export interface ArrayReport {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Euclidean norm. */
  readonly norm: number;
  /** Entries that are NaN or infinite. */
  readonly nonFinite: number;
}

async function reportOf(file: SafetensorsFile, name: string, what: string): Promise<ArrayReport> {
  const array = await file.readStored(name);
  const { values } = convertStored(array, { dtype: 'float64' }, what);
  let [squares, nonFinite] = [0, 0];
  for (const value of values) {
    if (Number.isFinite(value)) squares += value * value;
    else nonFinite += 1;
  }
  return { name, dtype: array.dtype, shape: array.shape, norm: Math.sqrt(squares), nonFinite };
}

/** All arrays, one at a time in memory. @param what how an error names the file @throws {FormatError} for values that are no numbers */
export async function arrayReports(file: SafetensorsFile, what: string): Promise<ArrayReport[]> {
  const reports: ArrayReport[] = [];
  for (const name of file.names) reports.push(await reportOf(file, name, what));
  return reports;
}
