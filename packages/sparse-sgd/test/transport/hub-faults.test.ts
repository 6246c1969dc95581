import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { OptionError, Rng, SaccadeError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Entry, encodeEntry } from '../../src/transport/entry.js';
import { encodeFrame } from '../../src/transport/hub-frames.js';
import type { ToHub } from '../../src/transport/hub-messages.js';
import { createHubTransport, type HubTransportOptions } from '../../src/transport/hub-transport.js';
import { newId } from '../../src/transport/ids.js';
import { encodeJoin } from '../../src/transport/join-request.js';
import { createHub, type Hub, type HubOptions } from '../../src/transport/tcp-hub.js';
import type { Transport } from '../../src/transport/transport.js';
import { message } from '../programs/message.js';
import { ChainModel } from '../programs/model.js';
import { until } from './conformance.js';
import { type CutProxy, startProxy } from './proxy.js';

const never = 1e9;
const none = { late: 0, duplicate: 0, malformed: 0 };
type Join = (options: Omit<HubTransportOptions, 'job'>) => Promise<Transport>;

/** A hub, a proxy before it, and workers of one job; all are gone afterwards, however it ends. */
async function atHub(
  { job = {}, ...options }: HubOptions & { readonly job?: object },
  run: (join: Join, hub: Hub, proxy: CutProxy) => Promise<void>,
): Promise<void> {
  const hub = await createHub(options);
  const proxy = await startProxy(hub.port);
  const end = new AbortController();
  const workers: Promise<Transport>[] = [];
  const join: Join = (own) => {
    const worker = createHubTransport({ job: 'job', roundTimeout: never, signal: end.signal, ...job, ...own });
    workers.push(worker);
    return worker;
  };
  try {
    await run(join, hub, proxy);
    for (const worker of workers) await (await worker).close();
  } finally {
    end.abort();
    proxy.close();
    await hub.close();
  }
}

/** Takes part up to a round. */
async function train(worker: Transport, model: ChainModel, rounds: number, bytes = 100): Promise<void> {
  while (worker.round < rounds) {
    const messages = worker.missed() ?? (await worker.allGather(message(worker.rank, worker.round, bytes)));
    model.apply(worker.lastRanks, messages);
  }
}

test('connections that break in the middle of anything lose no round and double none', async () => {
  await atHub({ grace: 5000 }, async (join, _, proxy) => {
    const workers = await Promise.all([0, 1, 2].map(() => join({ port: proxy.port, size: 3 })));
    const models = workers.map(() => new ChainModel());
    const cutting = setInterval(() => proxy.cut(), 150);
    await Promise.all(workers.map((worker, index) => train(worker, models[index]!, 100, 20_000)));
    clearInterval(cutting);
    for (const [index, { counts }] of workers.entries()) {
      assert.equal([models[index]!.sum, models[index]!.rounds], [models[0]!.sum, 100]);
      assert.equal([counts.missed, counts.dropped], [0, none]);
    }
  });
});

test('a worker whose connection is silently dead connects again, and reads what it missed', async () => {
  await atHub({ job: { size: 3, quorum: 2, roundTimeout: 100, heartbeat: 50 } }, async (join, hub, proxy) => {
    const workers = await Promise.all([hub.port, hub.port, proxy.port].map((port) => join({ port })));
    const models = workers.map(() => new ChainModel());
    const trainTo = async (rounds: number, who: number[]): Promise<void> => {
      await Promise.all(who.map((index) => train(workers[index]!, models[index]!, rounds)));
    };
    await trainTo(5, [0, 1, 2]);
    proxy.hold();
    await trainTo(20, [0, 1]);
    assert.is(workers[2]!.counts.rounds, 5);
    proxy.release();
    await until('it has seen all', () => workers[2]!.counts.rounds === 20);
    await trainTo(30, [0, 1, 2]);
    for (const model of models) assert.equal([model.sum, model.rounds], [models[0]!.sum, 30]);
  });
});

test('a worker that was away for longer than the hub remembers is told so, and can join again', async () => {
  const job = { quorum: 1, roundTimeout: 20, heartbeat: 50 };
  await atHub({ retain: 100_000, job }, async (join, hub, proxy) => {
    const [a, b] = await Promise.all([hub.port, proxy.port].map((port) => join({ port, size: 2 })));
    const [first, model] = [new ChainModel(), new ChainModel()];
    proxy.hold();
    await train(a!, first, 20, 10_000);
    proxy.release();
    await assertRejects(() => b!.allGather(new Uint8Array()), SaccadeError, /dropped rounds it has not seen/);
    await b!.close();
    const again = join({ port: hub.port, quorum: undefined });
    await until('a is asked', () => a!.stateWanted);
    await a!.publishState(first.bytes);
    const c = await again;
    model.load(c.initialState!.bytes);
    assert.is(c.round, 20);
    await Promise.all([train(a!, first, 25, 10_000), train(c, model, 25, 10_000)]);
    assert.equal([model.sum, model.rounds], [first.sum, 25]);
  });
});

test('workers are told when the hub that comes back is a new one', async () => {
  await atHub({}, async (join, hub) => {
    const workers = await Promise.all([0, 1].map(() => join({ port: hub.port, size: 2 })));
    const gathered = workers[0]!.allGather(new Uint8Array());
    await hub.close();
    const next = await createHub({ port: hub.port });
    await assertRejects(() => gathered, SaccadeError, /its log is gone \(the hub was started again/);
    await next.close();
  });
});

test('a worker that founds a job and loses its connection before it begins is taken out, and in again', async () => {
  await atHub({ grace: 0 }, async (join, hub, proxy) => {
    const first = join({ port: proxy.port, size: 2, heartbeat: 50 });
    for (let cuts = 0; cuts < 3; cuts++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      proxy.cut();
    }
    const workers = await Promise.all([first, join({ port: hub.port, size: 2 })]);
    assert.equal(workers.map(({ rank, size }) => [rank, size]).sort(), [
      [0, 2],
      [1, 2],
    ]);
  });
});

/** A connection that says whatever it likes. */
async function attack(port: number, pieces: readonly Uint8Array[]): Promise<void> {
  const socket: Socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  for (const piece of pieces) socket.write(piece);
  socket.end();
  await once(socket, 'close');
}

const frames = (...messages: ToHub[]): Uint8Array[] => messages.flatMap(encodeFrame);

test('hostile bytes end their connection, and nothing of them reaches the job', async () => {
  await atHub({ largest: 100_000, job: { job: 'attacked', size: 2 } }, async (join, hub) => {
    const workers = await Promise.all([0, 1].map(() => join({ port: hub.port })));
    const models = workers.map(() => new ChainModel());
    const member = newId();
    const hello: ToHub = { type: 'hello', version: 1, member, job: 'attacked' };
    const entry = (change: Partial<Entry>): ToHub => {
      const own: Entry = { kind: 'data', member, sequence: 1, round: 0, payload: new Uint8Array(9), ...change };
      return { type: 'append', entry: encodeEntry(own) };
    };
    const damaged = frames(hello, entry({}));
    damaged.at(-1)![40]! ^= 1;
    const cases: Uint8Array[][] = [
      [new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')],
      [new Uint8Array([0, 0, 0, 0])],
      [new Uint8Array([255, 255, 255, 255])],
      [new Uint8Array([1, 0, 0, 0, 77])],
      frames({ type: 'load', id: 1 }),
      frames({ ...hello, version: 2 }),
      frames({ ...hello, job: '../../etc' }),
      frames(hello, entry({ member: newId() })),
      frames(hello, entry({ kind: 'lost' })),
      frames(hello, { type: 'append', entry: new Uint8Array(1000) }),
      frames(hello, { type: 'append', entry: new Uint8Array(200_000) }),
      frames(hello, { type: 'read', id: 1, after: 1e9 }),
      damaged,
    ];
    const attacks = Promise.all(cases.map((pieces) => attack(hub.port, pieces)));
    await Promise.all(workers.map((worker, index) => train(worker, models[index]!, 50)));
    await attacks;
    assert.is(hub.refused, cases.length);
    const rng = new Rng(5);
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => rng.number() * 256);
    for (let round = 0; round < 20; round++) {
      const truncated = frames(hello, entry({ sequence: 7 })).map((piece) =>
        piece.subarray(0, rng.number() * piece.length),
      );
      await Promise.all([
        attack(hub.port, [random(30)]),
        attack(hub.port, [...frames(hello), random(30)]),
        attack(hub.port, truncated),
      ]);
    }
    // One that speaks the protocol may append entries; the machine drops those of strangers.
    await attack(hub.port, frames(hello, entry({}), entry({ sequence: 2, kind: 'close' })));
    const stranger = { ...hello, member: newId() };
    const settings = encodeJoin({ size: 1, quorum: 1, settings: new Uint8Array() });
    await attack(
      hub.port,
      frames(stranger, entry({ member: stranger.member, kind: 'join', payload: settings.subarray(1) })),
    );
    await Promise.all(workers.map((worker, index) => train(worker, models[index]!, 100)));
    for (const [index, { size, counts, present }] of workers.entries()) {
      assert.equal([models[index]!.sum, models[index]!.rounds], [models[0]!.sum, 100]);
      assert.equal([size, present, counts.missed, counts.dropped], [2, [0, 1], 0, { ...none, malformed: 3 }]);
    }
  });
});

test('where no hub is, or something else, that is said', async () => {
  const hub = await createHub();
  await hub.close();
  const options = { job: 'none', size: 1, connectTimeout: 100 };
  await assertRejects(
    () => createHubTransport({ ...options, port: hub.port }),
    SaccadeError,
    new RegExp(`createHubTransport: no hub at 127.0.0.1:${hub.port} after 0.1 s \\(connect ECONNREFUSED`),
  );
  const other = createServer((socket) => {
    socket.on('error', () => {});
    socket.resume();
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  await assertRejects(() => createHubTransport({ ...options, port }), SaccadeError, /what answers is no hub/);
  other.close();
});

test('a port that is taken, and options that make no sense, are refused', async () => {
  const hub = await createHub();
  await assertRejects(
    () => createHub({ port: hub.port }),
    SaccadeError,
    /cannot listen at 127.0.0.1:\d+ \(.*EADDRINUSE/,
  );
  await hub.close();
  await assertRejects(() => createHub({ port: -1 }), OptionError, /port must be a whole number from 0/);
  await assertRejects(() => createHub({ grace: -1 }), OptionError, /grace must be a number from 0/);
  await assertRejects(() => createHub({ hots: 'x' } as never), OptionError, /no option 'hots'/);
  const join = (options: object): Promise<Transport> => createHubTransport({ job: 'j', size: 1, ...options } as never);
  await assertRejects(() => join({}), OptionError, /give the hub's address or port/);
  await assertRejects(() => join({ address: 'nowhere' }), OptionError, /address must be host:port, got "nowhere"/);
  await assertRejects(() => join({ port: 1, job: 'a b' }), OptionError, /job must be a name of 1 to 64/);
  await assertRejects(() => join({ port: 1, heartbeat: 0 }), OptionError, /heartbeat must be a number above 0/);
});

test.run();
