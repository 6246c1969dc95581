import { Rng } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, type EntryKind, encodeEntry } from '../src/transport/entry.js';
import { encodeJoin } from '../src/transport/join-request.js';
import type { CompletedRound, Outcome } from '../src/transport/outcome.js';
import { RoundMachine } from '../src/transport/round-machine.js';

const ids = Array.from({ length: 8 }, (_, rank) => `00000000000000${rank.toString(16)}0`.slice(-16));
const text = (message: string): Uint8Array => new TextEncoder().encode(message);

/** A log, and the machine of somebody who reads it. */
class Job {
  readonly machine = new RoundMachine();
  readonly entries: Uint8Array[] = [];
  readonly rounds: CompletedRound[] = [];
  readonly #sequences = new Map<number, number>();

  /** Founders that have joined. */
  static of(size: number, quorum = Math.ceil(size / 2)): Job {
    const job = new Job();
    for (let rank = 0; rank < size; rank++) job.join(rank, size, quorum);
    return job;
  }

  join(member: number, size: number, quorum = Math.ceil(size / 2), settings = ''): Outcome {
    return this.add(member, 'join', 0, encodeJoin({ size, quorum, settings: text(settings) }));
  }

  data(member: number, round = this.machine.round, message = `${member}:${round}`): Outcome {
    return this.add(member, 'data', round, text(message));
  }

  close(member: number, round = this.machine.round): Outcome {
    return this.add(member, 'close', round);
  }

  add(member: number, kind: EntryKind, round = 0, payload: Uint8Array = new Uint8Array(), sequence?: number): Outcome {
    const next = (this.#sequences.get(member) ?? 0) + 1;
    if (sequence === undefined && kind !== 'lost') this.#sequences.set(member, next);
    return this.raw(this.bytes(kind, member, sequence ?? (kind === 'lost' ? 0 : next), round, payload));
  }

  bytes(
    kind: EntryKind,
    member: number,
    sequence: number,
    round: number,
    payload: Uint8Array = new Uint8Array(),
  ): Uint8Array {
    const entry: Entry = { kind, member: ids[member]!, sequence, round, payload };
    return encodeEntry(entry);
  }

  raw(bytes: Uint8Array): Outcome {
    this.entries.push(bytes);
    const outcome = this.machine.apply(this.entries.length, bytes);
    if (outcome.completed !== undefined) this.rounds.push(outcome.completed);
    return outcome;
  }

  get messages(): string[][] {
    return this.rounds.map((round) => round.messages.map((message) => new TextDecoder().decode(message)));
  }
}

test('a job begins when all are there, with ranks in the order of joining and the settings of the first that has any', () => {
  const job = new Job();
  job.join(3, 0);
  job.join(1, 3, 2, 'first');
  assert.is(job.machine.started, false);
  job.join(2, 3, 3, 'second');
  assert.is(job.machine.started, true);
  assert.equal(
    [3, 1, 2].map((member) => job.machine.rank(ids[member]!)),
    [0, 1, 2],
  );
  assert.is(job.machine.rank(ids[5]!), undefined);
  assert.equal(job.machine.request, { size: 3, quorum: 2, settings: text('first') });
  assert.equal(job.machine.present, [0, 1, 2]);
});

test('whoever leaves or is lost before the beginning has no rank', () => {
  const job = new Job();
  job.join(0, 2);
  job.add(0, 'lost');
  job.join(1, 2);
  job.add(1, 'leave');
  job.join(2, 2);
  assert.is(job.machine.started, false);
  job.join(3, 2);
  assert.equal([job.machine.rank(ids[2]!), job.machine.rank(ids[3]!), job.machine.size], [0, 1, 2]);
  assert.equal(job.machine.dropped, { late: 0, duplicate: 0, malformed: 0 });
});

test('a round is complete with the last message, and its messages are in the order of ranks', () => {
  const job = Job.of(3);
  job.data(2);
  job.data(0);
  assert.equal(job.rounds, []);
  assert.equal(job.machine.contributors, [0, 2]);
  job.data(1);
  assert.equal(job.messages, [['0:0', '1:0', '2:0']]);
  assert.equal(job.rounds[0]!.ranks, [0, 1, 2]);
  assert.is(job.machine.round, 1);
  assert.equal(job.machine.contributors, []);
});

test('a round that is asked to close closes with a quorum only, and who is missing is lost', () => {
  const job = Job.of(4, 2);
  job.data(0);
  job.close(0);
  assert.equal(job.rounds, []);
  job.data(2);
  const { events } = job.close(0);
  assert.equal(job.messages, [['0:0', '2:0']]);
  assert.equal(events, [
    { rank: 1, round: 0, state: 'lost' },
    { rank: 3, round: 0, state: 'lost' },
  ]);
  assert.equal(job.machine.present, [0, 2]);
  job.close(2, 0); // two asked: the second request finds the round over
  assert.is(job.machine.round, 1);
  assert.equal(job.machine.dropped, { late: 0, duplicate: 0, malformed: 0 });
});

test('rounds do not wait for the lost; what they send in time counts, and they are back', () => {
  const job = Job.of(3, 1);
  job.data(0);
  job.data(1);
  job.close(0);
  job.data(0);
  const { events } = job.data(2);
  assert.equal(events, [{ rank: 2, round: 1, state: 'back' }]);
  job.data(1);
  assert.equal(job.messages, [
    ['0:0', '1:0'],
    ['0:1', '1:1', '2:1'],
  ]);
  job.data(0);
  job.data(1);
  assert.is(job.rounds.length, 2, 'it is waited for again');
});

test('a message for a round that is over is dropped, but whoever sent it is waited for again', () => {
  const job = Job.of(2, 1);
  job.data(0);
  job.close(0);
  const { events, completed } = job.data(1, 0);
  assert.is(completed, undefined);
  assert.equal(events, [{ rank: 1, round: 1, state: 'back' }]);
  assert.equal(job.machine.dropped, { late: 1, duplicate: 0, malformed: 0 });
  job.data(0);
  assert.is(job.rounds.length, 1);
  job.data(1);
  assert.equal(job.messages[1], ['0:1', '1:1']);
});

test('a lost member completes the round of the others, unless they are fewer than the quorum', () => {
  const job = Job.of(3, 2);
  job.data(0);
  assert.equal(job.add(2, 'lost').events, [{ rank: 2, round: 0, state: 'lost' }]);
  assert.equal(job.add(2, 'lost').events, [], 'once is enough');
  assert.is(job.rounds.length, 0);
  job.add(1, 'lost');
  assert.is(job.rounds.length, 0, 'one message is no quorum');
  job.data(2);
  assert.equal(job.messages, [['0:0', '2:0']]);
});

test('those who leave are not waited for, and the quorum is no more than those who stay', () => {
  const job = Job.of(3, 3);
  job.data(0);
  job.data(1);
  assert.is(job.machine.over, false);
  job.add(2, 'leave');
  assert.equal(job.messages, [['0:0', '1:0']]);
  job.data(1);
  job.add(1, 'leave');
  assert.is(job.rounds.length, 1);
  job.data(0);
  assert.equal(job.messages[1], ['0:1', '1:1'], 'what was given before leaving counts');
  assert.equal([job.machine.over, job.machine.finished], [false, false]);
  job.add(0, 'leave');
  assert.equal([job.machine.over, job.machine.finished], [true, true]);
  job.data(0);
  assert.equal(job.machine.dropped, { late: 1, duplicate: 0, malformed: 0 });
});

test('a job that all but the lost have left is over but not finished: they may want to read the rest', () => {
  const job = Job.of(2, 1);
  job.add(1, 'lost');
  job.add(0, 'leave');
  assert.equal([job.machine.over, job.machine.finished], [true, false]);
  job.data(1);
  assert.is(job.machine.over, false);
  assert.equal(job.messages, [['1:0']], 'it can go on alone');
});

test('whoever comes late is owed the state, and is waited for after its first message', () => {
  const job = Job.of(2, 1);
  job.data(0);
  assert.equal(job.join(4, 0).events, [{ rank: 2, round: 0, state: 'joined' }]);
  assert.is(job.machine.owed, job.entries.length);
  job.data(1);
  assert.equal(job.messages, [['0:0', '1:0']]);
  job.add(0, 'state', 1);
  assert.is(job.machine.owed, 0);
  assert.equal(job.machine.present, [0, 1]);
  assert.is(job.machine.isJoining(ids[4]!), true);
  assert.equal(job.data(4).events, []);
  job.data(0);
  job.data(1);
  assert.equal(job.messages[1], ['0:1', '1:1', '4:1']);
  assert.equal(job.machine.present, [0, 1, 2]);
});

test('a machine goes on from a snapshot as the one it was taken from', () => {
  const job = Job.of(3, 2);
  const replicas: { machine: RoundMachine; from: number }[] = [];
  const snap = (): void =>
    void replicas.push({ machine: new RoundMachine(job.machine.snapshot()), from: job.entries.length });
  snap();
  job.data(0);
  job.data(1);
  job.join(5, 0);
  job.close(0);
  snap();
  job.data(2, 0);
  job.data(0);
  job.data(1);
  job.data(2);
  snap();
  job.add(0, 'state', 1);
  job.data(5);
  for (const { machine, from } of replicas) {
    for (const [index, bytes] of job.entries.slice(from).entries()) machine.apply(from + index + 1, bytes);
    assert.equal(machine.snapshot(), job.machine.snapshot());
    assert.equal(machine.contributors, job.machine.contributors);
  }
});

test('a second message, a repeated entry and a second join are duplicates; strangers, the future and what is no entry are malformed', () => {
  const job = Job.of(2);
  const count = (expected: [late: number, duplicate: number, malformed: number]): void =>
    assert.equal(Object.values(job.machine.dropped), expected);
  job.data(0);
  job.data(0, 0, 'again');
  count([0, 1, 0]);
  job.add(0, 'data', 0, text('repeated'), 2);
  count([0, 2, 0]);
  job.join(0, 2);
  count([0, 3, 0]);
  job.data(6, 0);
  job.add(6, 'lost');
  job.data(1, 1);
  job.close(1, 5);
  job.add(1, 'chunk', 0);
  job.add(7, 'join', 0, new Uint8Array([2, 3]));
  job.add(7, 'join', 0, new Uint8Array([2, 0]));
  job.add(7, 'join', 0, new Uint8Array());
  job.raw(new Uint8Array());
  count([0, 3, 9]);
  job.data(1);
  assert.equal(job.messages, [['0:0', '1:0']]);
  assert.is(job.machine.size, 2);
});

test('nothing but joining counts before the beginning', () => {
  const job = new Job();
  job.join(0, 2);
  job.data(0, 0);
  job.close(0, 0);
  job.add(0, 'state', 0);
  assert.equal(job.machine.dropped, { late: 0, duplicate: 0, malformed: 3 });
  job.join(1, 2);
  assert.equal(job.machine.contributors, []);
});

test('10,000 repeated, late, truncated, turned and foreign entries are dropped with a count, change nothing, and all replicas agree', () => {
  const rng = new Rng(1);
  const pick = (count: number): number => Math.floor(rng.number() * count);
  const job = Job.of(4, 3);
  const replica = new RoundMachine();
  const clean = Job.of(4, 3);
  let hostile = 0;
  const attack = (): void => {
    const old = job.entries[pick(job.entries.length)]!;
    const damaged = old.slice();
    damaged[pick(old.length)]! ^= 1 << pick(8);
    const choices = [
      () => old, // repeated: each has its sequence
      () => old.subarray(0, pick(old.length)),
      () => damaged,
      () => Uint8Array.from({ length: pick(80) }, () => pick(256)),
      () => job.bytes('data', 4 + pick(4), 1000, pick(9), text('stranger')),
      () => job.bytes('close', 4 + pick(4), 1000, job.machine.round),
      () => job.bytes('data', pick(4), 0, job.machine.round, text('sequence that never was')),
      () => job.bytes('leave', pick(4), 0, 0),
      () => job.bytes('join', pick(4), 5000, 0, encodeJoin({ size: 1, quorum: 1, settings: text('mine') })),
    ];
    job.raw(choices[pick(choices.length)]!());
    hostile++;
  };
  while (hostile < 10_000) {
    const round = job.machine.round;
    for (const member of [0, 1, 2, 3]) {
      for (let more = pick(60); more > 0; more--) attack();
      for (const each of [job, clean]) each.data(member, round);
    }
    assert.is(job.machine.round, round + 1);
  }
  assert.equal(job.messages, clean.messages);
  const { late, duplicate, malformed } = job.machine.dropped;
  assert.is(late + duplicate + malformed, hostile);
  assert.ok(duplicate > 1000 && malformed > 1000);
  for (const [index, bytes] of job.entries.entries()) replica.apply(index + 1, bytes);
  assert.equal(replica.snapshot(), job.machine.snapshot());
  assert.equal({ ...clean.machine.snapshot(), position: 0 }, { ...job.machine.snapshot(), position: 0 });
});

test('late, doubled and reordered entries of members themselves leave all replicas equal, whatever they bring about', () => {
  const rng = new Rng(2);
  const pick = (count: number): number => Math.floor(rng.number() * count);
  const job = Job.of(5, 2);
  const replicas = [new RoundMachine(), new RoundMachine()];
  const rounds: CompletedRound[][] = replicas.map(() => []);
  for (let step = 0; step < 10_000; step++) {
    const member = pick(5);
    const round = Math.max(0, job.machine.round + pick(4) - 2);
    const kind = pick(12);
    if (kind === 0) job.close(member, round);
    else if (kind === 1) job.add(member, 'lost');
    else if (kind === 2) job.raw(job.entries[pick(job.entries.length)]!);
    else job.data(member, round);
  }
  for (const [index, machine] of replicas.entries()) {
    for (const [at, bytes] of job.entries.entries()) {
      const { completed } = machine.apply(at + 1, bytes);
      if (completed !== undefined) rounds[index]!.push(completed);
    }
    assert.equal(machine.snapshot(), job.machine.snapshot());
    assert.equal(rounds[index], job.rounds);
  }
  assert.ok(job.rounds.length > 100);
  for (const [index, { round, ranks }] of job.rounds.entries()) {
    assert.is(round, index);
    assert.ok(ranks.length >= 2);
  }
});

test.run();
