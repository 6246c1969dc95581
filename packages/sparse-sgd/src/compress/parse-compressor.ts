/** Compressors by name, as a command line or a job's settings have them: `top-k:1%@float16`. */
import { OptionError, quote } from '@saccade/tensor';
import { blockTopKCompressor } from './block-top-k.js';
import type { Compressor } from './compressor.js';
import { CompressorWords, compressorExamples } from './compressor-words.js';
import { signsCompressor } from './majority-sign.js';
import { naturalCompressor } from './natural.js';
import { noneCompressor } from './none.js';
import { oneBitCompressor } from './one-bit.js';
import { qsgdCompressor } from './qsgd.js';
import { randKCompressor, sharedRandKCompressor } from './rand-k.js';
import { sampledTopKCompressor } from './sampled-top-k.js';
import { scaledSignCompressor } from './scaled-sign.js';
import { ternGradCompressor } from './tern-grad.js';
import { thresholdCompressor } from './threshold.js';
import { topKCompressor } from './top-k.js';
import { ultraSparseCompressor } from './ultra-sparse.js';

function compressorOf(words: CompressorWords): Compressor {
  switch (words.kind) {
    case 'none':
      return noneCompressor({ values: words.values() });
    case 'top-k':
      return topKCompressor(words.amount(), words.entries());
    case 'block':
      return blockTopKCompressor({ block: words.argument(), k: words.setting() }, words.entries());
    case 'sampled':
      return sampledTopKCompressor(words.amount(), { ...words.entries(), sample: words.setting('sample') });
    case 'threshold':
      return thresholdCompressor(words.argument(), words.entries());
    case 'rand-k':
      return randKCompressor(words.amount(), { ...words.entries(), unbiased: words.flag('unbiased') });
    case 'shared-rand-k': {
      const options = { seed: words.setting('seed'), unbiased: words.flag('unbiased'), values: words.values() };
      return sharedRandKCompressor(words.amount(), options);
    }
    case 'ultra':
      return ultraSparseCompressor(words.argument(), words.entries());
    case 'qsgd':
      return qsgdCompressor(words.argument(), { bucket: words.setting() });
    case 'sign':
      return scaledSignCompressor();
    case 'majority':
      return signsCompressor();
    case 'one-bit':
      return oneBitCompressor();
    case 'ternary':
      return ternGradCompressor({ clip: words.setting('clip') });
    case 'natural':
      return naturalCompressor();
    default:
      throw words.error(`expected one of ${compressorExamples.join(', ')}`);
  }
}

/**
 * The compressor of a name: `none`, `top-k:10`, `top-k:1%`, `block:64` (the largest of each 64; `block:64/4` four), `sampled:0.1%`,
 * `threshold:0.5`, `rand-k:10`, `rand-k:10/unbiased`, `shared-rand-k:10` (`/seed=7`), `ultra:0.2`, `qsgd:16`, `qsgd:16/512` (buckets of 512),
 * `sign`, `majority`, `one-bit`, `ternary`, `ternary/clip=Infinity`, `natural`. Those that send numbers take `@float16` or `@bfloat16` at
 * the end, those that choose entries `/keep-zeros`.
 * @throws {OptionError} for anything else
 */
export function parseCompressor(text: string): Compressor {
  if (typeof text !== 'string') throw new OptionError(`parseCompressor: expected a name, got ${quote(text)}`);
  const words = new CompressorWords(text);
  const compressor = compressorOf(words);
  words.requireEmpty();
  return compressor;
}
