// A worker of a thread hub: takes part in so many rounds through the port that it is given, and says what it got.
import { parentPort, workerData } from 'node:worker_threads';
import { createThreadTransport, type ThreadPort } from '../../src/transport/thread-transport.js';
import { message } from './message.js';
import { ChainModel } from './model.js';

/** What the thread is given. */
export interface ThreadTask {
  readonly port: ThreadPort;
  readonly rounds: number;
  readonly bytes: number;
}

const { port, rounds, bytes } = workerData as ThreadTask;
const transport = await createThreadTransport(port, { quorum: 1, roundTimeout: 1e9 });
const model = new ChainModel();
let shared = true;
while (transport.round < rounds) {
  const messages = await transport.allGather(message(transport.rank, transport.round, bytes));
  model.apply(transport.lastRanks, messages);
  shared &&= messages.every(({ buffer }) => buffer instanceof SharedArrayBuffer);
  parentPort!.postMessage({ round: transport.round, rank: transport.rank });
}
await transport.close();
parentPort!.postMessage({ done: { rank: transport.rank, sum: model.sum, rounds: model.rounds, shared } });
