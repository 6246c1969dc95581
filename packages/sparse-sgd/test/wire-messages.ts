/** Random messages of all kinds, as the tests of the wire need them. */
import { bfloat16ToFloat32, float16ToFloat32 } from '@saccade/tensor';
import fc from 'fast-check';
import type { Message, ValueType, Vector } from '../src/compress/message.js';

const single = fc.float({ noNaN: true, noDefaultInfinity: true });
const finite16 = (widen: (bits: Uint16Array) => Float32Array): fc.Arbitrary<number> =>
  fc
    .integer({ min: 0, max: 65535 })
    .map((bits) => widen(Uint16Array.of(bits))[0]!)
    .filter(Number.isFinite);

const typed: Readonly<Record<ValueType, fc.Arbitrary<number>>> = {
  float32: single,
  float16: finite16(float16ToFloat32),
  bfloat16: finite16(bfloat16ToFloat32),
};

const valueType = fc.constantFrom<ValueType | undefined>(undefined, undefined, 'float16', 'bfloat16');

function values(count: number, type: ValueType | undefined): fc.Arbitrary<Vector> {
  return fc
    .array(typed[type ?? 'float32'], { minLength: count, maxLength: count })
    .map((list) => Float32Array.from(list));
}

/** Positions below `length`: few, many, in runs. */
export function positions(length: number): fc.Arbitrary<Int32Array> {
  const some = fc.uniqueArray(fc.integer({ min: 0, max: Math.max(0, length - 1) }), {
    maxLength: Math.min(length, 60),
  });
  const run = fc.tuple(fc.integer({ min: 0, max: length }), fc.integer({ min: 0, max: length })).map(([a, b]) => {
    const first = Math.min(a, b);
    return Array.from({ length: Math.min(60, Math.abs(a - b)) }, (_, i) => first + i);
  });
  return fc.oneof(some, run).map((list) => Int32Array.from(list).sort());
}

const length = fc.oneof(fc.integer({ min: 0, max: 70 }), fc.constantFrom(1000, 47236, 10 ** 6, 2 ** 31 - 1));
const shortLength = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.constantFrom(300, 1000));
const whole = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.maxSafeNat());

const sparse = fc
  .tuple(length, valueType)
  .chain(([length, valueType]) =>
    positions(length).chain((indices) =>
      values(indices.length, valueType).map(
        (values): Message => ({ kind: 'sparse', length, indices, values, valueType }),
      ),
    ),
  );

const seeded = fc
  .tuple(length, fc.integer({ min: 0, max: 20 }), valueType, whole, whole, whole)
  .chain(([length, k, valueType, seed, step, stream]) =>
    values(Math.min(k, length), valueType).map(
      (values): Message => ({ kind: 'seeded', length, seed, step, stream, values, valueType }),
    ),
  );

const dense = fc
  .tuple(shortLength, valueType)
  .chain(([length, valueType]) =>
    values(length, valueType).map((values): Message => ({ kind: 'dense', length, values, valueType })),
  );

/** Small signed numbers: dense, sparse, all 0, with outliers. */
export function signedNumbersOf(count: number, most: number): fc.Arbitrary<Int16Array> {
  const any = fc.integer({ min: -most, max: most });
  const rare = fc.tuple(fc.nat(20), any).map(([chance, value]) => (chance === 0 ? value : 0));
  const one = fc.oneof(fc.constant(0), fc.integer({ min: -1, max: 1 }), any, rare);
  return fc
    .constantFrom(fc.constant(0), fc.integer({ min: -1, max: 1 }), any, rare, one)
    .chain((number) => fc.array(number, { minLength: count, maxLength: count }))
    .map((list) => Int16Array.from(list));
}

const levels = fc
  .tuple(shortLength, fc.constantFrom(1, 2, 4, 16, 256, 32767), fc.integer({ min: 1, max: 1200 }))
  .chain(([length, s, bucket]) =>
    fc
      .tuple(signedNumbersOf(length, s), values(Math.ceil(length / bucket), undefined))
      .map(([levels, norms]): Message => ({ kind: 'levels', length, s, bucket, norms, levels })),
  );

const signs = fc.tuple(shortLength, single, single, fc.boolean()).chain(([length, negative, positive, symmetric]) =>
  fc.uint8Array({ minLength: Math.ceil(length / 8), maxLength: Math.ceil(length / 8) }).map((bits): Message => {
    if (length % 8 !== 0) bits[bits.length - 1]! &= (1 << (length % 8)) - 1;
    const other = symmetric ? 0 - positive : negative;
    return { kind: 'signs', length, bits, negative: other + 0, positive: positive + 0 };
  }),
);

const powers = fc.tuple(shortLength, fc.integer({ min: -149, max: 127 }), fc.nat(276)).chain(([length, top, range]) =>
  signedNumbersOf(length, Math.min(range, top + 149) + 1).map((ranks): Message => {
    const codes = ranks.map((rank) => (rank === 0 ? 0 : Math.sign(rank) * (top + 256 + 1 - Math.abs(rank))));
    return { kind: 'powers', length, codes };
  }),
);

const factor = fc
  .tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 4 }))
  .chain(([rows, rank]) =>
    values(rows * rank, undefined).map((values): Message => ({ kind: 'factor', length: rows * rank, rank, values })),
  );

/** A message of any kind, with numbers that float32 holds. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(sparse, seeded, dense, levels, signs, powers, factor);

const runLength = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(64, 130));

/** Messages of one entry each, of the same length and type of values: what a frame packs. */
export const anySingles: fc.Arbitrary<Message[]> = fc
  .tuple(length, valueType, runLength)
  .filter(([length]) => length > 0)
  .chain(([length, valueType, count]) =>
    fc
      .tuple(
        fc.array(fc.integer({ min: 0, max: length - 1 }), { minLength: count, maxLength: count }),
        values(count, valueType),
      )
      .map(([indices, values]) =>
        indices.map((index, i): Message => {
          return { kind: 'sparse', length, indices: Int32Array.of(index), values: values.slice(i, i + 1), valueType };
        }),
      ),
  );

/** Messages of any kind, runs of single entries among them. */
export const anyMessages: fc.Arbitrary<Message[]> = fc
  .array(
    fc.oneof({ weight: 2, arbitrary: anyMessage.map((message) => [message]) }, { weight: 1, arbitrary: anySingles }),
    {
      maxLength: 5,
    },
  )
  .map((lists) => lists.flat());

/** The same with numbers that only float64 holds, where it has numbers. */
export function inDouble(message: Message): Message {
  const wide = (values: Vector): Float64Array => Float64Array.from(values, (value) => value * (1 + 2 ** -40));
  if ('valueType' in message && message.valueType !== undefined) return message;
  if (message.kind === 'levels') return { ...message, norms: wide(message.norms) };
  if (message.kind === 'signs') return { ...message, positive: message.positive * (1 + 2 ** -40) };
  return 'values' in message ? { ...message, values: wide(message.values) } : message;
}
