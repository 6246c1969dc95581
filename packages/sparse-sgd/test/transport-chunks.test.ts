import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ChunkJoiner, chunkOverhead, splitEntry } from '../src/transport/chunks.js';
import { decodeEntry, encodeEntry } from '../src/transport/entry.js';
import { newId } from '../src/transport/ids.js';

const largest = 100;

function entryOf(member: string, sequence: number, length: number): Uint8Array {
  const payload = Uint8Array.from({ length }, (_, index) => (index * 7 + sequence) & 255);
  return encodeEntry({ kind: 'data', member, sequence, round: 0, payload });
}

/** What a reader gets that starts after a position of the log. */
function read(log: readonly Uint8Array[], after = 0): { position: number; resume: number; bytes: Uint8Array }[] {
  const joiner = new ChunkJoiner();
  return log.slice(after).flatMap((bytes, index) => joiner.push(after + index + 1, bytes) ?? []);
}

test('what fits goes as it is, and what does not goes in parts that fit', () => {
  const small = entryOf(newId(), 1, largest - 32);
  assert.is(small.length, largest);
  assert.equal(splitEntry(small, largest), [small]);
  const large = entryOf(newId(), 1, largest - 31);
  const parts = splitEntry(large, largest);
  assert.is(parts.length, 2);
  for (const part of parts) assert.ok(part.length <= largest);
});

test('an entry in parts is at the position of its last part, among those of others', () => {
  const [a, b] = [newId(), newId()];
  const large = entryOf(a, 1, 300);
  const parts = splitEntry(large, largest);
  const other = entryOf(b, 1, 5);
  const log = [other, parts[0]!, other, ...parts.slice(1), other];
  const last = 2 + parts.length;
  assert.equal(read(log), [
    { position: 1, resume: 1, bytes: other },
    { position: 3, resume: 1, bytes: other },
    { position: last, resume: last, bytes: large },
    { position: last + 1, resume: last + 1, bytes: other },
  ]);
});

test('parts in any order, and twice, make the entry once', () => {
  const large = entryOf(newId(), 1, 400);
  const parts = splitEntry(large, largest);
  const other = entryOf(newId(), 1, 5);
  const log = [...[...parts].reverse().flatMap((part) => [part, part]), other];
  assert.equal(
    read(log).map(({ bytes }) => bytes),
    [large, other],
  );
  assert.is(read(log)[1]!.resume, log.length, 'repetitions hold nobody up');
});

test('a later entry of a member makes its earlier parts void', () => {
  const member = newId();
  const [first, second] = [splitEntry(entryOf(member, 1, 300), largest), splitEntry(entryOf(member, 2, 300), largest)];
  const log = [...first.slice(1), ...second, first[0]!];
  assert.equal(
    read(log).map(({ bytes }) => decodeEntry(bytes)?.sequence),
    [2],
  );
});

test('parts that contradict each other, have no sense or are damaged make nothing', () => {
  const member = newId();
  const chunk = (payload: number[], sequence = 1): Uint8Array =>
    encodeEntry({ kind: 'chunk', member, sequence, round: 0, payload: new Uint8Array(payload) });
  assert.equal(read([chunk([0, 2, 1]), chunk([1, 3, 1]), chunk([5, 2, 1]), chunk([]), chunk([0x80])]), []);
  const damaged = splitEntry(entryOf(member, 1, 300), largest)[0]!;
  damaged[50]! ^= 1;
  assert.equal(
    read([damaged]).map(({ bytes }) => decodeEntry(bytes)),
    [undefined],
  );
});

test('a reader that starts where another could resume sees the same entries from there on', () => {
  const members = [newId(), newId(), newId()];
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 2 }), { minLength: 30, maxLength: 60 }), (order) => {
      const queues = members.map((member, index) =>
        [1, 2, 3].flatMap((sequence) => splitEntry(entryOf(member, sequence, 40 + 130 * index), largest)),
      );
      const log = order.flatMap((index) => queues[index]!.shift() ?? []);
      const all = read(log);
      const seen = all.map(({ position, bytes }) => ({ position, bytes }));
      for (const [index, { position, resume }] of all.entries()) {
        const rest = read(log, resume).filter((entry) => entry.position > position);
        assert.equal(
          rest.map((entry) => ({ position: entry.position, bytes: entry.bytes })),
          seen.slice(index + 1),
        );
      }
    }),
    { numRuns: 50 },
  );
});

test('the overhead of a part is what it is said to be', () => {
  const [part] = splitEntry(entryOf(newId(), 1, 1000), largest);
  assert.ok(part!.length <= largest && part!.length > largest - chunkOverhead);
});

test.run();
