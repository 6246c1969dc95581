/** The options that tell a command which images to read. */
import { UsageError, wholeNumber } from '@saccade/command';

/** For `readArguments`. */
export const dataDefinitions = {
  data: { type: 'string' },
  rotated: { type: 'boolean', default: false },
  limit: { type: 'string' },
} as const;

/** What the values say. */
export interface DataOptions {
  /** Folder of the files; undefined for the digits that come along. */
  readonly data: string | undefined;
  /** Reads the images that were turned. */
  readonly rotated: boolean;
  /** Reads only the first so many. */
  readonly limit: number | undefined;
}

/** @throws {UsageError} */
export function dataOptionsOf(values: {
  readonly data?: string | undefined;
  readonly rotated: boolean;
  readonly limit?: string | undefined;
}): DataOptions {
  const { data, rotated } = values;
  if (data === undefined && rotated) throw new UsageError('--rotated is for --data: it reads other files there');
  return { data, rotated, limit: wholeNumber('limit', values.limit) };
}
