import { natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Hosts, makeHosts } from './hosts.js';
import { type StartProgram, type StartWorker, withPrograms } from './processes.js';

/** Two workers on the host of the hub and one on the other; the cable is cut for as long as forty rounds take. */
async function cutAndHeal(
  hosts: Hosts,
  transport: { job: string; [option: string]: unknown },
  start: StartWorker,
): Promise<void> {
  const options = { ...transport, size: 3, quorum: 2, roundTimeout: 300 };
  const task = { transport: options, rounds: 220, bytes: 3000, pause: 10 };
  const workers = [start(task, hosts.on.near), start(task, hosts.on.near), start(task, hosts.on.far)];
  await workers[2]!.atRound(20);
  hosts.cut();
  await workers[0]!.atRound(70);
  hosts.heal();
  const [a, b, c] = await Promise.all(workers.map((worker) => worker.result()));
  assert.equal([a!.rounds, b!.rounds, c!.rounds], [220, 220, 220]);
  assert.equal([b!.sum, c!.sum], [a!.sum, a!.sum]);
  assert.ok(c!.missed >= 30, `${c!.missed} rounds went by`);
  assert.ok(c!.missed < 190, `${c!.missed} rounds went by: it never came back`);
}

async function onTwoHosts(
  run: (hosts: Hosts, start: StartWorker, program: StartProgram) => Promise<void>,
): Promise<void> {
  const hosts = makeHosts();
  if (typeof hosts === 'string') {
    console.log(`this machine cannot make network namespaces (${hosts}): a network cut is not tested`);
    return;
  }
  try {
    await withPrograms((start, program) => run(hosts, start, program));
  } finally {
    hosts.close();
  }
}

test('hub: hosts that are cut off from each other go on, and are one job again when the cable is mended', async () => {
  await onTwoHosts(async (hosts, start, program) => {
    const hub = program('hub', { host: hosts.address }, hosts.on.near);
    const address = await hub.line((line) => line.address as string | undefined);
    await cutAndHeal(hosts, { address, job: 'cut', heartbeat: 200 }, start);
  });
});

if (natsWanted) {
  test('NATS: hosts that are cut off from each other go on, and are one job again when the cable is mended', async () => {
    await onTwoHosts(async (hosts, start) => {
      const server = await startNatsServer({ host: hosts.address, through: hosts.on.near });
      try {
        await cutAndHeal(hosts, { servers: server.url, job: 'cut', heartbeat: 300, retain: 2 ** 26 }, start);
      } finally {
        await server.close();
      }
    });
  });
}

test.run();
