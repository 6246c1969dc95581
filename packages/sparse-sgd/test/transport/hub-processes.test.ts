import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createHub } from '../../src/transport/tcp-hub.js';
import { message } from '../programs/message.js';
import { ChainModel } from '../programs/model.js';
import { withPrograms } from './processes.js';

const never = 1e9;
const none = { late: 0, duplicate: 0, malformed: 0 };

/** The check sum after so many rounds in which all took part. */
function sumOf(workers: number, rounds: number, bytes: number): number {
  const model = new ChainModel();
  const ranks = [...Array(workers).keys()];
  for (let round = 0; round < rounds; round++) {
    model.apply(
      ranks,
      ranks.map((rank) => message(rank, round, bytes)),
    );
  }
  return model.sum;
}

test('16 worker processes go through 200 rounds, and none is lost', async () => {
  const hub = await createHub();
  await withPrograms(async (start) => {
    const transport = { address: hub.address, job: 'many', size: 16, roundTimeout: never };
    const workers = Array.from({ length: 16 }, () => start({ transport, rounds: 200, bytes: 500, pause: 0 }));
    const sum = sumOf(16, 200, 500);
    for (const worker of workers) {
      const { rank, ...result } = await worker.result();
      assert.ok(rank >= 0 && rank < 16);
      assert.equal(result, { sum, rounds: 200, missed: 0, dropped: none });
    }
  });
  assert.is(hub.refused, 0);
  await hub.close();
});

test('a worker that is killed in a round is lost at once, and the others go on', async () => {
  const hub = await createHub({ grace: 100 });
  await withPrograms(async (start) => {
    const transport = { address: hub.address, job: 'kill', size: 3, quorum: 2, roundTimeout: never };
    const workers = Array.from({ length: 3 }, () => start({ transport, rounds: 60, bytes: 2000, pause: 5 }));
    await workers[1]!.atRound(20);
    workers[1]!.kill('SIGKILL');
    const [a, b] = [await workers[0]!.result(), await workers[2]!.result()];
    assert.equal([a.rounds, a.missed, a.dropped], [60, 0, none]);
    assert.equal({ ...b, rank: 0 }, { ...a, rank: 0 });
    assert.is.not(a.sum, sumOf(3, 60, 2000));
  });
  await hub.close();
});

test('a worker that stands still is given up, and when it wakes it has lost nothing', async () => {
  const hub = await createHub();
  await withPrograms(async (start) => {
    const transport = { address: hub.address, job: 'still', size: 3, quorum: 2, roundTimeout: 200 };
    const task = { transport, rounds: 120, bytes: 100, pause: 5 };
    const workers = Array.from({ length: 3 }, () => start(task));
    await workers[0]!.atRound(10);
    workers[2]!.kill('SIGSTOP');
    await workers[0]!.atRound(60);
    workers[2]!.kill('SIGCONT');
    const [a, b, c] = await Promise.all(workers.map((worker) => worker.result()));
    assert.equal([a!.rounds, b!.rounds, c!.rounds], [120, 120, 120]);
    assert.equal([b!.sum, c!.sum], [a!.sum, a!.sum]);
    assert.ok(c!.missed >= 40, `${c!.missed} rounds went by`);
  });
  await hub.close();
});

test('a process that comes late ends with the same model', async () => {
  const hub = await createHub();
  await withPrograms(async (start) => {
    const transport = { address: hub.address, job: 'late', size: 2, roundTimeout: never };
    const workers = Array.from({ length: 2 }, () => start({ transport, rounds: 300, bytes: 100, pause: 5 }));
    await workers[0]!.atRound(5);
    const late = start({ transport: { address: hub.address, job: 'late' }, rounds: 300, bytes: 100, pause: 0 });
    const from = await late.line((line) => line.from as number | undefined);
    assert.ok(from > 0);
    const results = await Promise.all([...workers, late].map((worker) => worker.result()));
    for (const { rounds, sum } of results) assert.equal([rounds, sum], [300, results[0]!.sum]);
    assert.is(results[2]!.rank, 2);
    assert.is.not(results[0]!.sum, sumOf(2, 300, 100));
  });
  await hub.close();
});

test.run();
