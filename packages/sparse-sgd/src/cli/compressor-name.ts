/** Names of compressors as people type them. */
import { UsageError } from '@saccade/command';
import { parseCompressor } from '../compress/parse-compressor.js';

/** The same text, if it names a compressor. @throws {UsageError} */
export function compressorName(text: string): string {
  try {
    return parseCompressor(text) && text;
  } catch (error) {
    throw new UsageError(`--compress: ${(error as Error).message.replace(/^parseCompressor: /, '')}`);
  }
}
