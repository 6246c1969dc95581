/** Signs and powers of two in bytes. */
import { OptionError, ShapeError } from '@saccade/tensor';
import type { PowersMessage, SignsMessage } from '../compress/message.js';
import { varintBytes } from './byte-writer.js';
import { headBytes, type MessageCodec, writeHead } from './message-codec.js';
import { signedCodes } from './signed-bits.js';
import { readSigned, type SignedNumbers, signedBytes, signedNumbers, writeSigned } from './signed-codes.js';
import { readValues, writeValues } from './value-codes.js';

const differFlag = 1;
const doubleFlag = 2;

/** Whether float32 does not hold the two values, and the sender asked for float64. */
function needsDouble({ negative, positive }: SignsMessage, double: boolean): boolean {
  return double && (Math.fround(negative) !== negative || Math.fround(positive) !== positive);
}

/** Flags: 1 where the negative value is not minus the positive one and follows it, 2 for float64. Then the positive value, that, the bits. */
export const signsCodec: MessageCodec<SignsMessage> = {
  bytes(message, { double }) {
    const { length, negative, positive } = message;
    const value = needsDouble(message, double) ? 8 : 4;
    return headBytes(length) + value * (negative === -positive ? 1 : 2) + Math.ceil(length / 8);
  },
  write(writer, message, { double, loose }) {
    const { length, bits, negative, positive } = message;
    const bytes = Math.ceil(length / 8);
    if (bits.length !== bytes || (length % 8 !== 0 && bits[bytes - 1]! >>> (length % 8) !== 0)) {
      throw new ShapeError(
        `encode: signs of ${length} entries need ${bytes} bytes, with 0 after the last, got ${bits.length}`,
      );
    }
    const wide = needsDouble(message, double);
    const differ = negative !== -positive;
    writeHead(writer, message, (differ ? differFlag : 0) | (wide ? doubleFlag : 0));
    writeValues(writer, differ ? Float64Array.of(positive, negative) : Float64Array.of(positive), wide ? 3 : 0, loose);
    writer.raw(bits);
  },
  read(reader, { flags, length, loose }) {
    if (flags > 3) throw reader.fail(`signs have flags ${flags}`);
    const wide = (flags & doubleFlag) !== 0;
    const values = readValues(reader, flags & differFlag ? 2 : 1, wide ? 3 : 0, loose);
    const positive = values[0]!;
    // 0 - 0 is 0, where -0 is not.
    const negative = values[1] ?? 0 - positive;
    const bits = reader.raw(Math.ceil(length / 8));
    if (length % 8 !== 0 && bits.at(-1)! >>> (length % 8) !== 0)
      throw reader.fail('bits after the last sign are not 0');
    return { kind: 'signs', length, bits, negative, positive };
  },
};

/** The largest and the smallest code of a power of two, without its sign. */
const highest = 127 + 256;
const lowest = -149 + 256;

/** Codes as small numbers: 1 for the largest magnitude among them, 2 for half of that, and so on, with the sign. */
function rankCodes(codes: Int16Array): { numbers: SignedNumbers; top: number } {
  let top = 0;
  for (let i = 0; i < codes.length; i++) top = Math.max(top, Math.abs(codes[i]!));
  return { numbers: signedNumbers(mirrored(codes, top)), top };
}

/** Codes to ranks, and ranks to codes. */
function mirrored(numbers: Int16Array, top: number): Int16Array {
  const others = new Int16Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) {
    const number = numbers[i]!;
    if (number !== 0) others[i] = number < 0 ? -(top + 1) - number : top + 1 - number;
  }
  return others;
}

/** Flags: code of the ranks. Then the code of the largest power, 0 if there is none, and the ranks. */
export const powersCodec: MessageCodec<PowersMessage> = {
  bytes({ length, codes }) {
    const { numbers, top } = rankCodes(codes);
    return headBytes(length) + varintBytes(top) + signedBytes(numbers);
  },
  write(writer, message) {
    const { length, codes } = message;
    if (codes.length !== length) {
      throw new ShapeError(`encode: powers of ${length} entries need as many codes, got ${codes.length}`);
    }
    const { numbers, top } = rankCodes(codes);
    if (top > highest || (top > 0 && top + 1 - numbers.most < lowest)) {
      throw new OptionError(`encode: codes of powers must be 0 or of magnitude ${lowest} to ${highest}`);
    }
    writeHead(writer, message, signedCodes.indexOf(numbers.plan.code));
    writer.varint(top);
    writeSigned(writer, numbers);
  },
  read(reader, { flags, length }) {
    const code = signedCodes[flags];
    if (code === undefined) throw reader.fail(`powers have flags ${flags}`);
    const top = reader.varint();
    if (top !== 0 && (top < lowest || top > highest)) throw reader.fail(`${top} is the code of no power`);
    const ranks = readSigned(reader, length, top === 0 ? 0 : top + 1 - lowest, code);
    return { kind: 'powers', length, codes: mirrored(ranks, top) };
  },
};
