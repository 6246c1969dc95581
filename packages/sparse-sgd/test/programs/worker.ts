// A worker of a job in a process of its own: takes part in all rounds, and prints what it sees as lines of JSON.
import { createNatsTransport } from '../../src/nats.js';
import { createHubTransport } from '../../src/transport/hub-transport.js';
import type { Transport } from '../../src/transport/transport.js';
import { message } from './message.js';
import { ChainModel } from './model.js';

/** What the worker is told. */
export interface WorkerTask {
  /** Options of `createHubTransport`, or of `createNatsTransport` if there are `servers`. */
  readonly transport: { readonly job: string; readonly servers?: string; readonly [option: string]: unknown };
  readonly rounds: number;
  /** Length of messages. */
  readonly bytes: number;
  /** Milliseconds between rounds. */
  readonly pause: number;
}

const { transport: options, rounds, bytes, pause } = JSON.parse(process.argv[2]!) as WorkerTask;
const print = (line: object): void => console.log(JSON.stringify(line));
const transport: Transport = await (options.servers === undefined
  ? createHubTransport(options)
  : createNatsTransport(options));
const model = new ChainModel();
if (transport.initialState !== undefined) model.load(transport.initialState.bytes);
print({ rank: transport.rank, from: transport.round });
const catchUp = (): void => {
  for (let missed = transport.missed(); missed !== undefined; missed = transport.missed()) {
    model.apply(transport.lastRanks, missed);
  }
};
for (catchUp(); transport.round < rounds; catchUp()) {
  print({ round: transport.round });
  if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
  if (transport.stateWanted) await transport.publishState(model.bytes);
  const messages = await transport.allGather(message(transport.rank, transport.round, bytes));
  model.apply(transport.lastRanks, messages);
}
const { rank, counts } = transport;
print({ done: { rank, sum: model.sum, rounds: model.rounds, missed: counts.missed, dropped: counts.dropped } });
await transport.close();
