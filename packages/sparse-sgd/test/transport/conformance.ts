/** What every transport must do, whatever its log is. Without a clock: where somebody waits in vain, that is what is tested. */
import { OptionError, SaccadeError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { JobOptions } from '../../src/transport/job-options.js';
import type { PeerEvent, Transport } from '../../src/transport/transport.js';
import { message } from '../programs/message.js';

/** A place where a job can be. */
export interface Meeting {
  join(options: JobOptions): Promise<Transport>;
  close(): Promise<void>;
}

/** Waits until it is so. @throws after 20 s */
export async function until(what: string, done: () => boolean): Promise<void> {
  for (let tries = 0; !done(); tries++) {
    if (tries > 4000) throw new Error(`in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const never = 1e9;
const text = (settings: string): Uint8Array => new TextEncoder().encode(settings);
const closeAll = async (transports: readonly Transport[]): Promise<void> => {
  await Promise.all(transports.map((transport) => transport.close()));
};

/** Runs the suite. @param make a new place for each test */
export function transportConformance(name: string, make: () => Promise<Meeting>): void {
  const test = suite(name);

  /** Runs with `size` workers, in the order of their ranks, and closes all in the end. */
  const meet = async (
    size: number,
    options: JobOptions,
    run: (workers: Transport[], meeting: Meeting) => Promise<void>,
  ): Promise<void> => {
    const meeting = await make();
    const workers = await Promise.all(Array.from({ length: size }, () => meeting.join({ size, ...options })));
    workers.sort((a, b) => a.rank - b.rank);
    try {
      await run(workers, meeting);
    } finally {
      await closeAll(workers);
      await meeting.close();
    }
  };

  test('all get the messages of all, in the order of ranks, of every length', async () => {
    await meet(3, { roundTimeout: never }, async (workers) => {
      assert.equal(
        workers.map(({ rank, size, present, round }) => ({ rank, size, present, round })),
        [0, 1, 2].map((rank) => ({ rank, size: 3, present: [0, 1, 2], round: 0 })),
      );
      for (const [round, length] of [0, 1, 1000, 600_000, 3, 1_300_000].entries()) {
        const expected = [0, 1, 2].map((rank) => message(rank, round, length));
        const all = await Promise.all(workers.map((worker) => worker.allGather(message(worker.rank, round, length))));
        for (const messages of all) assert.ok(messages.every((bytes, rank) => same(bytes, expected[rank]!)));
      }
      for (const { round, lastRanks, counts, missed } of workers) {
        assert.equal([round, lastRanks, missed], [6, [0, 1, 2], missed]);
        assert.equal([counts.rounds, counts.missed], [6, 0]);
        assert.equal(counts.dropped, { late: 0, duplicate: 0, malformed: 0 });
        assert.ok(counts.bytesSent > 1_901_004 && counts.bytesReceived > 2 * 1_901_004);
      }
      assert.is(workers[0]!.missed(), undefined);
    });
  });

  test('the buffer of a message is free when the round is over', async () => {
    await meet(2, { roundTimeout: never }, async ([a, b]) => {
      const buffer = message(0, 0, 100_000);
      const all = await Promise.all([a!.allGather(buffer), b!.allGather(message(1, 0))]);
      buffer.fill(255);
      for (const [first] of all) assert.ok(same(first!, message(0, 0, 100_000)));
    });
  });

  test('calls in advance are rounds in their order, and broadcast and barrier are rounds', async () => {
    await meet(2, { roundTimeout: never }, async (workers) => {
      const seen = await Promise.all(
        workers.map((worker) =>
          Promise.all([
            worker.allGather(message(worker.rank, 0)),
            worker.broadcast(worker.rank === 1 ? message(9, 9) : undefined, 1),
            worker.barrier(),
            worker.broadcast(worker.rank === 0 ? message(8, 8) : undefined),
            worker.allGather(message(worker.rank, 4)),
          ]),
        ),
      );
      for (const [first, one, , zero, last] of seen) {
        assert.equal(
          first.map((bytes) => [...bytes]),
          [0, 1].map((rank) => [...message(rank, 0)]),
        );
        assert.ok(same(one, message(9, 9)) && same(zero, message(8, 8)));
        assert.equal(
          last.map((bytes) => [...bytes]),
          [0, 1].map((rank) => [...message(rank, 4)]),
        );
      }
      assert.is(workers[1]!.round, 5);
    });
  });

  test('the settings of whoever creates the job are those of all, and a worker need not know the size', async () => {
    const meeting = await make();
    const creator = meeting.join({ size: 2, settings: text('lr = 0.1') });
    // The second one comes first in some logs: without a size it waits for whoever has one.
    const other = meeting.join({ settings: text('lr = 7') });
    const workers = await Promise.all([creator, other]);
    for (const { job, size } of workers) assert.equal([new TextDecoder().decode(job), size], ['lr = 0.1', 2]);
    await closeAll(workers);
    await meeting.close();
  });

  test('a silent worker is given up, finds what it missed, and is back with its next message', async () => {
    await meet(3, { quorum: 2, roundTimeout: 300 }, async ([a, b, c]) => {
      const events: PeerEvent[] = [];
      const stop = a!.onPeerLost((event) => events.push(event));
      await Promise.all([a!.allGather(message(0, 0)), b!.allGather(message(1, 0))]);
      assert.equal(
        [a!.present, b!.lastRanks],
        [
          [0, 1],
          [0, 1],
        ],
      );
      await Promise.all([a!.allGather(message(0, 1)), b!.allGather(message(1, 1))]);
      await until('c sees both rounds', () => c!.counts.rounds === 2);
      assert.is(c!.round, 0);
      for (const round of [0, 1]) {
        assert.equal(
          c!.missed()?.map((bytes) => [...bytes]),
          [0, 1].map((rank) => [...message(rank, round)]),
        );
        assert.equal(c!.lastRanks, [0, 1]);
      }
      assert.equal([c!.missed(), c!.round, c!.counts.missed], [undefined, 2, 2]);
      const back = c!.allGather(message(2, 2));
      await until('c is back', () => a!.present.length === 3 && b!.present.length === 3);
      const all = await Promise.all([a!.allGather(message(0, 2)), b!.allGather(message(1, 2)), back]);
      for (const messages of all) assert.is(messages.length, 3);
      await until('a hears of it', () => events.length === 2);
      assert.equal(events, [
        { rank: 2, round: 0, state: 'lost' },
        { rank: 2, round: 2, state: 'back' },
      ]);
      stop();
    });
  });

  test('a worker whose round went by without it gets what the others had, and its own message is not in it', async () => {
    await meet(2, { quorum: 1, roundTimeout: 20 }, async ([a, b]) => {
      await a!.allGather(message(0, 0));
      await until('b sees it', () => b!.counts.rounds === 1);
      const gathered = await b!.allGather(message(1, 0));
      assert.equal([gathered.length, b!.lastRanks, b!.round], [1, [0], 1]);
    });
  });

  test('with fewer than the quorum a round goes on as long as anybody has patience, and still counts if more come', async () => {
    await meet(2, { quorum: 2, roundTimeout: 10, patience: 500 }, async ([a, b]) => {
      const error = await assertRejects(() => a!.allGather(message(0, 0)), SaccadeError, /round 0 has 1 of the 2/);
      assert.match(error.message, /nothing came from worker 1/);
      const all = await Promise.all([a!.allGather(message(5, 5)), b!.allGather(message(1, 0))]);
      for (const messages of all)
        assert.equal([...messages[0]!], [...message(0, 0)], 'the first message was on its way');
      assert.equal(a!.present, [0, 1]);
    });
  });

  test('those who leave are not waited for', async () => {
    await meet(3, { roundTimeout: never }, async ([a, b, c]) => {
      const first = [a!.allGather(message(0, 0)), b!.allGather(message(1, 0))];
      await c!.close();
      for (const messages of await Promise.all(first)) assert.is(messages.length, 2);
      await b!.close();
      assert.equal((await a!.allGather(message(0, 1))).length, 1);
      assert.equal([a!.size, a!.present], [3, [0]]);
      await assertRejects(() => b!.allGather(message(1, 1)), SaccadeError, /closed/);
      await assertRejects(() => b!.publishState(message(1, 1)), SaccadeError, /closed/);
    });
  });

  test('a late worker gets the state and the rounds since, and is waited for after its first message', async () => {
    await meet(2, { roundTimeout: never, settings: text('s') }, async ([a, b], meeting) => {
      const both = (round: number): Promise<Uint8Array[][]> =>
        Promise.all([a!.allGather(message(0, round)), b!.allGather(message(1, round))]);
      const events: PeerEvent[] = [];
      b!.onPeerLost((event) => events.push(event));
      await both(0);
      const joining = meeting.join({});
      await until('a is asked', () => a!.stateWanted);
      assert.is(b!.stateWanted, false, 'one is enough');
      const model = message(3, 3, 700_000);
      const published = a!.publishState(model);
      assert.is(a!.stateWanted, false);
      await published;
      await both(1);
      const late = await joining;
      try {
        await both(2);
        assert.equal([late.rank, late.size, new TextDecoder().decode(late.job)], [2, 3, 's']);
        assert.equal([late.initialState?.round, a!.initialState], [1, undefined]);
        assert.ok(same(late.initialState!.bytes, model));
        assert.is(late.round, 1);
        await until('it sees both rounds', () => late.counts.rounds === 2);
        for (const round of [1, 2]) {
          assert.equal(
            late.missed()?.map((bytes) => [...bytes]),
            [0, 1].map((rank) => [...message(rank, round)]),
          );
        }
        assert.equal([late.missed(), late.round, a!.present], [undefined, 3, [0, 1]]);
        const own = late.allGather(message(2, 3));
        await until('it is waited for', () => a!.present.length === 3 && b!.present.length === 3);
        const all = [...(await both(3)), await own];
        for (const messages of all) assert.equal([...messages[2]!], [...message(2, 3)]);
        assert.equal(events, [{ rank: 2, round: 1, state: 'joined' }]);
        assert.equal([a!.stateWanted, b!.stateWanted, late.stateWanted], [false, false, false]);
      } finally {
        await late.close();
      }
    });
  });

  test('if the one that owes the state leaves, the next one is asked', async () => {
    await meet(2, { roundTimeout: never }, async ([a, b], meeting) => {
      const joining = meeting.join({ size: 2 });
      await until('a is asked', () => a!.stateWanted);
      await a!.close();
      await until('b is asked', () => b!.stateWanted);
      await b!.publishState(new Uint8Array([1]));
      const late = await joining;
      assert.equal(late.initialState, { round: 0, bytes: new Uint8Array([1]) });
      await until('it sees that a has left', () => late.present.length === 1);
      await late.close();
    });
  });

  test('a late worker to whom nobody gives the state gives up', async () => {
    await meet(1, {}, async (_, meeting) => {
      await assertRejects(
        () => meeting.join({ patience: 50 }),
        SaccadeError,
        /no worker laid the state of the model down/,
      );
    });
  });

  test('a name can be used again when all have left', async () => {
    const meeting = await make();
    for (const size of [2, 1, 3]) {
      const workers = await Promise.all(Array.from({ length: size }, () => meeting.join({ size })));
      const all = await Promise.all(workers.map((worker) => worker.allGather(message(worker.rank, size))));
      for (const messages of all) assert.is(messages.length, size);
      assert.is(workers[0]!.initialState, undefined);
      await closeAll(workers);
    }
    await meeting.close();
  });

  test('a signal ends waiting for the others, for a round, and before anything began', async () => {
    const meeting = await make();
    await assertRejects(() => meeting.join({ size: 2, signal: AbortSignal.abort(new Error('no')) }), Error, /^no$/);
    const alone = new AbortController();
    const waiting = meeting.join({ size: 2, signal: alone.signal });
    setTimeout(() => alone.abort(new Error('never mind')), 50);
    await assertRejects(() => waiting, Error, /never mind/);
    await meeting.close();
    await meet(2, { roundTimeout: never }, async ([a], other) => {
      const controller = new AbortController();
      const late = other.join({ size: 2, signal: controller.signal });
      await until('a is asked', () => a!.stateWanted);
      await a!.publishState(new Uint8Array());
      const worker = await late;
      const gathered = worker.allGather(message(2, 0));
      controller.abort(new Error('enough'));
      await assertRejects(() => gathered, Error, /enough/);
      await assertRejects(() => worker.allGather(message(2, 0)), Error, /enough/);
      await worker.close();
    });
  });

  test('what makes no sense is refused', async () => {
    const meeting = await make();
    const refused = (options: object, expected: RegExp): Promise<Error> =>
      assertRejects(() => meeting.join(options), OptionError, expected);
    await refused({ size: 0 }, /size must be a whole number from 1, got 0/);
    await refused({ size: 1e6 }, /size must be at most 65535/);
    await refused({ size: 2, quorum: 3 }, /quorum must be at most size, which is 2, got 3/);
    await refused({ size: 2, quorum: 0.5 }, /quorum must be a whole number/);
    await refused({ size: 1, roundTimeout: Number.NaN }, /roundTimeout must be a number above 0/);
    await refused({ size: 1, patience: 0 }, /patience must be a number above 0/);
    await refused({ size: 1, settings: 'text' }, /settings must be a Uint8Array/);
    await refused({ sise: 1 }, /no option 'sise'/);
    const [worker] = await Promise.all([meeting.join({ size: 1 })]);
    await refused({ size: 2 }, /made for 1 workers, got size 2/);
    await assertRejects(() => worker!.allGather([1] as never), OptionError, /expected a Uint8Array/);
    await assertRejects(() => worker!.broadcast(undefined, 0), OptionError, /the root must give a message/);
    await worker!.close();
    await meeting.close();
  });

  test.run();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}
