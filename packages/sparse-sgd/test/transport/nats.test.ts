import { type NatsServer, natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { test } from 'uvu';
import { createNatsTransport } from '../../src/nats.js';
import { transportConformance } from './conformance.js';

if (natsWanted) {
  let server: NatsServer | undefined;
  let jobs = 0;
  transportConformance('NATS', async () => {
    server ??= await startNatsServer();
    const { url } = server;
    const job = `job-${++jobs}`;
    return {
      join: (options) => createNatsTransport({ servers: url, job, retain: 2 ** 26, ...options }),
      close: async () => {},
    };
  });
  test.after(() => server?.close());
} else test.skip('left out');

test.run();
