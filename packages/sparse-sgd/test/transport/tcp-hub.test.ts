import { createHubTransport } from '../../src/transport/hub-transport.js';
import { createHub } from '../../src/transport/tcp-hub.js';
import { transportConformance } from './conformance.js';

transportConformance('TCP hub', async () => {
  const hub = await createHub();
  return {
    join: (options) => createHubTransport({ address: hub.address, job: 'job', ...options }),
    close: () => hub.close(),
  };
});
