import type { Tensor } from '@saccade/tensor';
import { assertClose, assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { saveDistributed } from '../src/distributed/save-distributed.js';
import { createThreadHub } from '../src/transport/thread-hub.js';
import { createThreadTransport } from '../src/transport/thread-transport.js';
import { parametersOf, train, type Worker, type WorkerOptions, warnings, workerAt } from './distributed-workers.js';
import { ScriptedHub } from './scripted-hub.js';

/** Workers at a scripted hub, started. */
async function workersAt(hub: ScriptedHub, options: WorkerOptions = {}): Promise<Worker[]> {
  const workers = hub.transports.map((transport) => workerAt(transport, options));
  await Promise.all(workers.map(({ optimizer }) => optimizer.start()));
  return workers;
}

/** One step with gradients that are all the same number. */
function stepWith({ optimizer }: Worker, value: number): Promise<void> {
  const gradients = Array.from(optimizer.parameters, ([name, t]) => [name, t.mul(0).add(value) as Tensor] as const);
  return optimizer.step(new Map(gradients));
}

function assertAlike(workers: readonly Worker[]): void {
  const [first, ...others] = workers.map(parametersOf);
  for (const other of others) assert.equal(other, first);
}

/** Sum of what a worker remembers. */
function remembered({ optimizer }: Worker): number {
  const arrays = [...optimizer.replica.own()].filter(([key]) => key.startsWith('memory.'));
  return arrays.flatMap(([, { data }]) => [...(data as Float32Array)]).reduce((sum, value) => sum + value, 0);
}

const kinds: Readonly<Record<string, WorkerOptions>> = {
  memory: {},
  ef21: { feedback: 'ef21' },
  dgc: { feedback: 'dgc' },
  power: { feedback: 'power' },
  majority: { feedback: 'majority' },
};

for (const [name, options] of Object.entries(kinds)) {
  test(`a worker that misses rounds catches up and is like the others, with ${name}`, async () => {
    const hub = new ScriptedHub(3);
    const workers = await workersAt(hub, options);
    await train(workers, 2);
    hub.only(0, 2);
    await train([workers[0]!, workers[2]!], 3, 2);
    hub.only(0, 1, 2);
    await train(workers, 2, 5);
    assertAlike(workers);
    assert.is(workers[1]!.optimizer.turns, 7);
  });
}

test('the message of a round that closed without it goes back into the memory, whole', async () => {
  const hub = new ScriptedHub(2);
  const workers = await workersAt(hub, { group: 'global', denseBelow: 0 });
  hub.only(0);
  const [on, late] = [stepWith(workers[0]!, 1), stepWith(workers[1]!, 2)];
  await Promise.all([on, late]);
  assertAlike(workers);
  assertClose(remembered(workers[1]!), 2 * 195);
  hub.only(0, 1);
  await Promise.all(workers.map((worker) => stepWith(worker, 0)));
  assertClose(remembered(workers[1]!), 2 * 185); // 5 % of 195 entries were sent now
});

test('a worker that misses the first exchange of PowerSGD says nothing in the second', async () => {
  const hub = new ScriptedHub(2);
  const workers = await workersAt(hub, { feedback: 'power' });
  hub.waitsFor = (round) => (round === 1 ? [0] : [0, 1]); // round 0 was the broadcast
  const first = train([workers[0]!], 2);
  await hub.until(1);
  await Promise.all([first, train([workers[1]!], 1)]);
  assertAlike(workers);
  assert.equal(
    hub.rounds.map(({ ranks }) => ranks),
    [[0, 1], [0], [0, 1], [0, 1], [0, 1]],
  );
  assert.is(hub.rounds[2]!.messages[1]!.length, 6, 'the word for nothing');
});

test('whoever is late and whoever saves, workers at the same turn are alike', async () => {
  const late = fc.array(fc.subarray([0, 1, 2], { minLength: 1 }), { minLength: 12, maxLength: 12 });
  const saves = fc.subarray([2, 3, 4]);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(kinds)), late, saves, async (kind, waits, savesAt) => {
      const hub = new ScriptedHub(3);
      const workers = await workersAt(hub, kinds[kind]!);
      const running = new Set([0, 1, 2]);
      hub.waitsFor = (round) => {
        const wanted = (waits[round] ?? [0, 1, 2]).filter((rank) => running.has(rank));
        return wanted.length > 0 ? wanted : [...running];
      };
      const history = new Map<number, number[]>();
      const run = async (worker: Worker, rank: number): Promise<void> => {
        for (let step = 0; step < 6; step++) {
          if (rank === 0 && savesAt.includes(step)) await saveDistributed(undefined, worker.optimizer);
          await train([worker], 1, step);
          const { turns } = worker.optimizer;
          if (!history.has(turns)) history.set(turns, parametersOf(worker));
          assert.equal(parametersOf(worker), history.get(turns), `turn ${turns} of worker ${rank}`);
        }
        running.delete(rank);
        hub.look();
      };
      await Promise.all(workers.map(run));
    }),
    { numRuns: 40 },
  );
});

test('damaged, foreign and hostile frames count as absent on every worker alike', async () => {
  const hub = new ScriptedHub(3);
  const workers = await workersAt(hub);
  await train(workers, 1);
  const frames: ((message: Uint8Array) => Uint8Array)[] = [
    (message) => message.slice(0, -1),
    (message) => message.map((byte, i) => (i === 9 ? byte ^ 4 : byte)),
    () => new Uint8Array(),
    () => hub.rounds[1]!.messages[0]!, // of another worker
    () => hub.rounds[1]!.messages[2]!, // of another turn
  ];
  const said = await warnings(async () => {
    for (const [i, tamper] of frames.entries()) {
      hub.transports[2]!.tamper = tamper;
      await train(workers, 1, 1 + i);
      assertAlike(workers);
    }
  });
  hub.transports[2]!.tamper = (message) => message;
  assert.equal(
    workers.map(({ optimizer }) => optimizer.traffic.dropped),
    [5, 5, 5],
  );
  assert.is(said.length, 3, 'one warning a worker of a frame of another turn');
  await train(workers, 1, 6);
  assertAlike(workers);
});

test('a transport that fails in a turn ends the training of this worker', async () => {
  const hub = new ScriptedHub(1);
  const [worker] = await workersAt(hub);
  hub.transports[0]!.allGather = async () => {
    throw new Error('the line is dead');
  };
  await assertRejects(() => stepWith(worker!, 1), Error, /dead/);
  hub.transports[0]!.allGather = async () => [];
  await assertRejects(() => stepWith(worker!, 1), Error, /dead/);
});

test('state is laid down between two turns for whoever joins', async () => {
  const hub = new ScriptedHub(2);
  const workers = await workersAt(hub, { feedback: 'power' });
  await train(workers, 1);
  hub.transports[0]!.stateWanted = true;
  await train(workers, 1, 1);
  assert.equal(
    hub.transports[0]!.published.map(({ round }) => round),
    [3],
  );
});

for (const [name, options] of Object.entries(kinds)) {
  test(`a worker that joins late begins where the job is, with ${name}`, async () => {
    const hub = createThreadHub({ size: 2 });
    const ports = [hub.port(), hub.port(), hub.port()] as const;
    const transports = await Promise.all([createThreadTransport(ports[0]), createThreadTransport(ports[1])]);
    const workers = transports.map((transport) => workerAt(transport, options));
    await train(workers, 3);
    const history = new Map<number, number[]>();
    let last: number | undefined;
    let joined: Worker | undefined;
    const join = async (): Promise<void> => {
      joined = workerAt(await createThreadTransport(ports[2]), options);
      await train([joined], 8);
      await joined.optimizer.transport.close(); // the others need not wait for it any more
      last = joined.optimizer.turns;
    };
    const goOn = async (worker: Worker): Promise<void> => {
      for (let step = 3; worker.optimizer.turns < (last ?? Infinity); step++) {
        await train([worker], 1, step);
        if (worker === workers[0]) history.set(worker.optimizer.turns, parametersOf(worker));
      }
      await worker.optimizer.transport.close();
    };
    await Promise.all([join(), ...workers.map(goOn)]);
    hub.close();
    assert.ok(last! >= 3 + 8);
    assert.equal(parametersOf(joined!), history.get(last!));
  });
}

test.run();
