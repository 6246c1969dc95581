import { jetstreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/nats-core';
import { connect } from '@nats-io/transport-node';
import { OptionError, Rng, SaccadeError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { type NatsServer, natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNatsTransport, deleteNatsJob, type NatsTransportOptions } from '../../src/nats.js';
import { splitEntry } from '../../src/transport/chunks.js';
import { type Entry, encodeEntry } from '../../src/transport/entry.js';
import { newId } from '../../src/transport/ids.js';
import type { Transport } from '../../src/transport/transport.js';
import { message } from '../programs/message.js';
import { ChainModel } from '../programs/model.js';
import { until } from './conformance.js';
import { withPrograms } from './processes.js';

const never = 1e9;
const none = { late: 0, duplicate: 0, malformed: 0 };

const test = suite<{ server: NatsServer }>('NATS, when things go wrong');

test.before(async (context) => {
  context.server = await startNatsServer();
});
test.after(({ server }) => server.close());

type Join = (options: Partial<NatsTransportOptions>) => Promise<Transport>;

/** Workers in this process, and a raw connection beside them. */
async function meet(
  server: NatsServer,
  options: { readonly job: string; readonly size: number; readonly [option: string]: unknown },
  run: (workers: Transport[], raw: NatsConnection, join: Join) => Promise<void>,
): Promise<void> {
  const raw = await connect({ servers: server.url });
  const end = new AbortController();
  const shared = { servers: server.url, retain: 2 ** 24, roundTimeout: never, heartbeat: 200, signal: end.signal };
  const join: Join = (own) => createNatsTransport({ ...shared, ...options, ...own });
  try {
    const workers = await Promise.all(Array.from({ length: options.size }, () => join({})));
    workers.sort((a, b) => a.rank - b.rank);
    await run(workers, raw, join);
    for (const worker of workers) await worker.close();
  } finally {
    end.abort();
    await raw.close();
  }
}

/** Takes part up to a round. */
async function train(worker: Transport, model: ChainModel, rounds: number, bytes = 100): Promise<void> {
  while (worker.round < rounds) {
    const messages = worker.missed() ?? (await worker.allGather(message(worker.rank, worker.round, bytes)));
    model.apply(worker.lastRanks, messages);
  }
}

test('the server is killed and started again, and no round is lost or doubled', async ({ server }) => {
  await withPrograms(async (start) => {
    const transport = { servers: server.url, job: 'restart', size: 3, roundTimeout: never, retain: 2 ** 26 };
    const workers = [100, 100, 600_000].map((bytes) => start({ transport, rounds: 60, bytes, pause: 5 }));
    for (const round of [20, 40]) {
      await workers[0]!.atRound(round);
      await server.stop('SIGKILL');
      await server.restart();
    }
    const results = await Promise.all(workers.map((worker) => worker.result()));
    for (const { rounds, missed, dropped, sum } of results) {
      assert.equal({ rounds, missed, dropped, sum }, { rounds: 60, missed: 0, dropped: none, sum: results[0]!.sum });
    }
  });
});

test('a worker that is killed in a round is given up after the timeout, and the others go on', async ({ server }) => {
  await withPrograms(async (start) => {
    const transport = { servers: server.url, job: 'kill', size: 3, quorum: 2, roundTimeout: 500, retain: 2 ** 26 };
    const workers = [0, 1, 2].map(() => start({ transport, rounds: 60, bytes: 2000, pause: 5 }));
    await workers[1]!.atRound(20);
    workers[1]!.kill('SIGKILL');
    const [a, b] = [await workers[0]!.result(), await workers[2]!.result()];
    assert.equal([a.rounds, b.rounds, b.sum], [60, 60, a.sum]);
  });
});

test('a process that comes late ends with the same model', async ({ server }) => {
  await withPrograms(async (start) => {
    const transport = { servers: server.url, job: 'late', size: 2, roundTimeout: never, retain: 2 ** 26 };
    const workers = [0, 1].map(() => start({ transport, rounds: 200, bytes: 100, pause: 5 }));
    await workers[0]!.atRound(5);
    const late = start({ transport: { servers: server.url, job: 'late' }, rounds: 200, bytes: 100, pause: 0 });
    assert.ok((await late.line((line) => line.from as number | undefined)) > 0);
    const results = await Promise.all([...workers, late].map((worker) => worker.result()));
    for (const { rounds, sum } of results) assert.equal([rounds, sum], [200, results[0]!.sum]);
  });
});

test('hostile messages in the stream are dropped with a count, and change nothing', async ({ server }) => {
  await meet(server, { job: 'hostile', size: 2 }, async (workers, raw) => {
    const rng = new Rng(3);
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => rng.number() * 256);
    const entry = (change: Partial<Entry>): Uint8Array =>
      encodeEntry({ kind: 'data', member: newId(), sequence: 1, round: 0, payload: random(20), ...change });
    const parts = splitEntry(entry({ payload: random(1000) }), 200);
    const damaged = entry({});
    damaged[33]! ^= 1;
    const bad = [
      random(0),
      random(31),
      random(1000),
      entry({}),
      entry({ kind: 'close' }),
      entry({ kind: 'lost' }),
      entry({ kind: 'join', payload: random(0) }),
      damaged,
      entry({}).subarray(0, 40),
      parts[0]!.subarray(0, 50),
      ...parts, // an entry of a stranger, in parts: one
    ];
    for (const bytes of bad) raw.publish('sparse-sgd.log.hostile', bytes);
    for (const bytes of parts.slice(1)) raw.publish('sparse-sgd.log.hostile', bytes); // never complete
    await raw.flush();
    const models = workers.map(() => new ChainModel());
    await Promise.all(workers.map((worker, index) => train(worker, models[index]!, 20)));
    for (const [index, { size, counts }] of workers.entries()) {
      assert.equal([models[index]!.sum, models[index]!.rounds, size], [models[0]!.sum, 20, 2]);
      assert.equal([counts.missed, counts.dropped], [0, { ...none, malformed: 11 }]);
    }
  });
});

test('a stream that is deleted, or kept in the memory of a server that is started again, ends the job', async ({
  server,
}) => {
  await meet(server, { job: 'deleted', size: 2 }, async (workers, raw) => {
    const gathered = workers[0]!.allGather(new Uint8Array());
    await until('it waits', () => workers[0]!.counts.bytesSent > 0);
    const manager = await jetstreamManager(raw);
    await manager.streams.delete('sparse-sgd-log-deleted');
    await assertRejects(() => gathered, SaccadeError, /its log is gone \(.*the stream was deleted/);
  });
  await meet(server, { job: 'memory', size: 2, storage: 'memory' }, async (workers) => {
    await Promise.all(workers.map((worker) => worker.barrier()));
    const gathered = workers[0]!.allGather(new Uint8Array());
    await server.stop();
    await server.restart();
    await assertRejects(() => gathered, SaccadeError, /its log is gone \(.*kept it in memory/);
  });
});

test('one that joins a job whose beginning the stream has dropped gets the state', async ({ server }) => {
  await meet(server, { job: 'trimmed', size: 2, retain: 100_000 }, async (workers, _, join) => {
    const models = [0, 1, 2].map(() => new ChainModel());
    await Promise.all(workers.map((worker, index) => train(worker, models[index]!, 10, 20_000)));
    const joining = join({ size: undefined });
    await until('one is asked', () => workers[0]!.stateWanted);
    await workers[0]!.publishState(models[0]!.bytes);
    const all = [...workers, await joining];
    models[2]!.load(all[2]!.initialState!.bytes);
    assert.is(all[2]!.initialState!.round, 10);
    await Promise.all(all.map((worker, index) => train(worker, models[index]!, 15, 20_000)));
    for (const model of models) assert.equal([model.sum, model.rounds], [models[0]!.sum, 15]);
    await all[2]!.close();
  });
});

test('the streams of a job go with its last worker', async ({ server }) => {
  await meet(server, { job: 'tidy', size: 1 }, async ([worker], raw) => {
    await worker!.publishState(new Uint8Array(10));
    const names = async (): Promise<string[]> => {
      const manager = await jetstreamManager(raw);
      return (await manager.streams.names().next()).filter((name) => name.includes('tidy'));
    };
    assert.equal((await names()).sort(), ['sparse-sgd-log-tidy', 'sparse-sgd-state-tidy']);
    await worker!.close();
    assert.equal(await names(), []);
  });
});

test('a job whose workers are dead can be deleted, and its name used again', async ({ server }) => {
  const place = { servers: server.url, job: 'dead' };
  await deleteNatsJob(place);
  await withPrograms(async (start) => {
    const workers = [0, 1].map(() => start({ transport: { ...place, size: 2 }, rounds: 1e9, bytes: 10, pause: 5 }));
    await workers[0]!.atRound(3);
    for (const worker of workers) worker.kill('SIGKILL');
  });
  await assertRejects(
    () => createNatsTransport({ ...place, patience: 100 }),
    SaccadeError,
    /no worker laid the state .* if they are dead/,
  );
  await deleteNatsJob(place);
  const worker = await createNatsTransport({ ...place, size: 1 });
  assert.is(worker.initialState, undefined);
  await worker.close();
});

test('where no NATS is, or the options make no sense, that is said', async () => {
  const join = (options: object): Promise<Transport> => createNatsTransport({ job: 'j', size: 1, ...options } as never);
  await assertRejects(
    () => join({ servers: 'nats://127.0.0.1:1', connectTimeout: 100 }),
    SaccadeError,
    /createNatsTransport: no NATS at nats:\/\/127.0.0.1:1 \(.*nats-server -js/,
  );
  await assertRejects(() => join({ servers: [] }), OptionError, /servers must be an address or several/);
  await assertRejects(() => join({ servers: ['ws://a', 'nats://b'] }), OptionError, /all ws:\/\/ or none/);
  await assertRejects(() => join({ storage: 'disk' }), OptionError, /storage must be 'file' or 'memory', got "disk"/);
  await assertRejects(() => join({ job: 'a.b' }), OptionError, /job must be a name/);
  await assertRejects(() => join({ retain: 0 }), OptionError, /retain must be a whole number from 1/);
  await assertRejects(() => deleteNatsJob({ job: '' }), OptionError, /job must be a name/);
});

const left = suite('NATS');
left.skip('left out');
(natsWanted ? test : left).run();
