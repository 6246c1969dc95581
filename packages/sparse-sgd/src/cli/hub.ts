/** `sparse-sgd hub`: a hub where workers meet, and nothing else. */
import { interrupted, print, readArguments, tell, UsageError } from '@saccade/command';
import { createHub } from '../transport/tcp-hub.js';
import { reachableAddresses } from './hub-addresses.js';
import { parseHost } from './meeting-place.js';

const help = `A hub where the workers of jobs meet. It runs until Ctrl-C, and holds any number of jobs.

  sparse-sgd hub --listen HOST:PORT

  --listen HOST:PORT   where; 0.0.0.0:7400 for all addresses of this machine, port 0 for a free one.
                       There is no password: whoever reaches it can take part
  --help               this text

Begin a job there with sparse-sgd train --digits --workers N --hub HOST:PORT.
`;

const definitions = {
  listen: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Runs the command. @returns the exit status */
export async function hub(args: readonly string[], signal: AbortSignal): Promise<number> {
  const { values } = readArguments(args, definitions);
  if (values.help) {
    await print(help);
    return 0;
  }
  if (values.listen === undefined) throw new UsageError('--listen HOST:PORT is missing');
  const running = await createHub(parseHost('listen', values.listen));
  await tell(
    `hub at ${reachableAddresses(running)
      .map((address) => `hub://${address}`)
      .join(', ')}; Ctrl-C ends it`,
  );
  await interrupted(signal);
  await running.close();
  throw signal.reason;
}
