/** Levels of norms in bytes: flags, how many levels, entries a bucket, norms, levels. */
import { OptionError, requireCount, ShapeError } from '@saccade/tensor';
import type { LevelsMessage } from '../compress/message.js';
import { varintBytes } from './byte-writer.js';
import { headBytes, type MessageCodec, writeHead } from './message-codec.js';
import { signedCodes } from './signed-bits.js';
import { readSigned, type SignedNumbers, signedBytes, signedNumbers, writeSigned } from './signed-codes.js';
import { readValues, valueBytes, type WireType, wireType, writeValues } from './value-codes.js';

const doubleFlag = 8;
const bucketFlag = 16;

function typeOf({ norms }: LevelsMessage, double: boolean): WireType {
  return wireType(norms, undefined, double);
}

/** Whether the bucket is written: not where one norm is for all. */
function hasBucket({ bucket, length }: LevelsMessage): boolean {
  return bucket !== Math.max(1, length);
}

function checkLevels(message: LevelsMessage, { most }: SignedNumbers): void {
  const { length, s, bucket, norms, levels } = message;
  if (!(s >= 1 && s <= 32767 && Number.isInteger(s) && most <= s)) {
    throw new OptionError(`encode: levels must be from -s to s, s from 1 to 32767, got s ${s} and level ${most}`);
  }
  requireCount('encode', 'bucket', bucket);
  if (levels.length === length && norms.length === Math.ceil(length / bucket)) return;
  throw new ShapeError(
    `encode: ${length} entries in buckets of ${bucket} need as many levels and a norm a bucket, ` +
      `got ${levels.length} and ${norms.length}`,
  );
}

/** Flags: code of levels in the lower 3 bits, 8 for norms in float64, 16 where the bucket follows. */
export const levelsCodec: MessageCodec<LevelsMessage> = {
  bytes(message, { double }) {
    const { length, s, bucket, norms, levels } = message;
    const settings = varintBytes(s) + (hasBucket(message) ? varintBytes(bucket) : 0);
    const norm = valueBytes(typeOf(message, double));
    return headBytes(length) + settings + norms.length * norm + signedBytes(signedNumbers(levels));
  },
  write(writer, message, { double, loose }) {
    const numbers = signedNumbers(message.levels);
    checkLevels(message, numbers);
    const type = typeOf(message, double);
    const flags = (type === 3 ? doubleFlag : 0) | (hasBucket(message) ? bucketFlag : 0);
    writeHead(writer, message, flags | signedCodes.indexOf(numbers.plan.code));
    writer.varint(message.s);
    if (hasBucket(message)) writer.varint(message.bucket);
    writeValues(writer, message.norms, type, loose);
    writeSigned(writer, numbers);
  },
  read(reader, { flags, length, loose }) {
    const code = signedCodes[flags & 7];
    if (code === undefined) throw reader.fail(`levels have flags ${flags}`);
    const s = reader.varint();
    if (s < 1 || s > 32767) throw reader.fail(`${s} levels: expected 1 to 32767`);
    const bucket = flags & bucketFlag ? reader.varint() : Math.max(1, length);
    if (bucket === 0) throw reader.fail('a bucket of 0 entries');
    const norms = readValues(reader, Math.ceil(length / bucket), flags & doubleFlag ? 3 : 0, loose);
    return { kind: 'levels', length, s, bucket, norms, levels: readSigned(reader, length, s, code) };
  },
};
