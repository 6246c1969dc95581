import { OptionError } from '@saccade/tensor';
import { assertRejects, assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createThreadHub } from '../src/transport/thread-hub.js';
import { createThreadTransport, localTransports } from '../src/transport/thread-transport.js';
import { message } from './programs/message.js';
import { transportConformance } from './transport/conformance.js';

transportConformance('thread hub in one thread', async () => {
  const hub = createThreadHub();
  return {
    join: (options) => createThreadTransport(hub.port(), options),
    close: async () => hub.close(),
  };
});

test('local transports come in the order of their ranks', async () => {
  const transports = await localTransports(4, { settings: new Uint8Array([7]) });
  assert.equal(
    transports.map(({ rank }) => rank),
    [0, 1, 2, 3],
  );
  const all = await Promise.all(transports.map((transport) => transport.allGather(message(transport.rank, 0))));
  assert.is(all[3]!.length, 4);
  assert.equal([...transports[3]!.job], [7]);
  await Promise.all(transports.map((transport) => transport.close()));
});

test('a hub that knows the size tells its workers', async () => {
  const hub = createThreadHub({ size: 2 });
  const workers = await Promise.all([
    createThreadTransport(hub.port()),
    createThreadTransport(hub.port(), { quorum: 2 }),
  ]);
  assert.is(workers[0]!.size, 2);
  await Promise.all(workers.map((worker) => worker.close()));
  await assertRejects(() => createThreadTransport(hub.port(), { quorum: 3 }), OptionError, /at most size, which is 2/);
  hub.close();
});

test('workers hear that the hub was closed', async () => {
  const hub = createThreadHub();
  const workers = await Promise.all([0, 1].map(() => createThreadTransport(hub.port(), { size: 2 })));
  const gathered = workers[0]!.allGather(new Uint8Array());
  hub.close();
  await assertRejects(() => gathered, Error, /the hub was closed/);
  await Promise.all(workers.map((worker) => worker.close()));
});

test('what is no port and no option is refused', async () => {
  await assertRejects(() => createThreadTransport({} as never), OptionError, /expected a port of a thread hub/);
  assertThrows(() => createThreadHub({ size: 0 }), OptionError, /size must be a whole number from 1/);
  assertThrows(() => createThreadHub({ seize: 1 } as never), OptionError, /no option 'seize'/);
});

test.run();
