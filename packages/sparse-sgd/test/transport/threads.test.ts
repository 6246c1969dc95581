import { once } from 'node:events';
import { resolve } from 'node:path';
import { type TransferListItem, Worker } from 'node:worker_threads';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createThreadHub, type ThreadHub } from '../../src/transport/thread-hub.js';
import { programFile } from './processes.js';

interface Result {
  readonly rank: number;
  readonly sum: number;
  readonly rounds: number;
  readonly shared: boolean;
}

async function startThread(hub: ThreadHub, rounds: number, bytes: number): Promise<Worker> {
  const port = hub.port();
  const workerData = { port, rounds, bytes };
  return new Worker(resolve(await programFile('thread')), {
    workerData,
    transferList: [port as unknown as TransferListItem],
    execArgv: [],
  });
}

async function resultOf(thread: Worker): Promise<Result> {
  for (;;) {
    const [line] = (await once(thread, 'message')) as [{ done?: Result }];
    if (line.done !== undefined) return line.done;
  }
}

test('threads exchange messages in shared memory', async () => {
  const hub = createThreadHub({ size: 4 });
  const threads = await Promise.all([0, 1, 2, 3].map(() => startThread(hub, 50, 3000)));
  const results = await Promise.all(threads.map(resultOf));
  assert.equal(results.map(({ rank }) => rank).sort(), [0, 1, 2, 3]);
  for (const result of results) {
    assert.equal({ ...result, rank: 0 }, { rank: 0, sum: results[0]!.sum, rounds: 50, shared: true });
  }
  hub.close();
});

test('a thread that is terminated in a round is lost at once, and the others go on', async () => {
  const hub = createThreadHub({ size: 3 });
  const threads = await Promise.all([400, 400, 1e9].map((rounds) => startThread(hub, rounds, 10)));
  const [others, victim] = [threads.slice(0, 2).map(resultOf), threads[2]!];
  for (let round = 0; round < 5; ) [{ round }] = (await once(victim, 'message')) as [{ round: number }];
  await victim.terminate();
  const [a, b] = await Promise.all(others);
  assert.equal([a!.rounds, b!.rounds, b!.sum], [400, 400, a!.sum]);
  hub.close();
});

test.run();
