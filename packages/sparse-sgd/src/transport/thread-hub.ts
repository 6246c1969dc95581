/** A hub in one thread for workers in others: worker_threads in Node, web workers in a page. */
import { checkOptions, requireCount, requireFrom } from '@saccade/tensor';
import { HubJobs } from './hub-jobs.js';
import type { FromHub, ToHub } from './hub-messages.js';
import { HubSession } from './hub-session.js';

/** Options of a thread hub. */
export interface ThreadHubOptions {
  /** Workers that the job begins with. Without it each worker says so, or some do. */
  readonly size?: number | undefined;
  /** Bytes of the log that are kept for those who come late. Default: 256 MiB. */
  readonly retain?: number | undefined;
}

/** A hub for threads. */
export interface ThreadHub {
  /** A new port, for one worker: hand it over by `postMessage(port, [port])`. */
  port(): MessagePort;
  /** Ends all connections. */
  close(): void;
}

/** The one job of a thread hub. */
export const threadJob = 'threads';

/** The last word on a port: browsers do not tell one end that the other was closed. */
export const lastWord = 'closed';

/**
 * Starts a hub in this thread. The bytes of messages are in SharedArrayBuffers where there are such (Node, pages that are
 * cross-origin isolated), so they exist once; elsewhere each worker gets a copy. @throws {OptionError}
 */
export function createThreadHub(options: ThreadHubOptions = {}): ThreadHub {
  const { size, retain = 2 ** 28 } = checkOptions('createThreadHub', options, ['size', 'retain']);
  if (size !== undefined) requireCount('createThreadHub', 'size', size);
  requireFrom('createThreadHub', 'retain', retain);
  // A port that is closed does not come back, so there is nothing to wait for.
  const jobs = new HubJobs({ retain, grace: 0, size: size ?? 0 });
  const ports = new Set<MessagePort>();
  return {
    port: () => {
      const { port1, port2 } = new MessageChannel();
      ports.add(port1);
      serve(port1, jobs, () => ports.delete(port1));
      return port2;
    },
    close: () => {
      for (const port of ports) hangUp(port);
      jobs.close();
    },
  };
}

function serve(port: MessagePort, jobs: HubJobs, closed: () => void): void {
  const session = new HubSession(jobs, {
    send: (message: FromHub) => {
      port.postMessage(message);
      return true;
    },
    close: () => hangUp(port),
  });
  const ended = (): void => {
    closed();
    session.closed();
  };
  port.addEventListener('message', ({ data }) => {
    if (data === lastWord) ended();
    else session.receive(data as ToHub);
  });
  // In Node, where the thread may end without a word.
  port.addEventListener('close', ended);
  port.start();
}

function hangUp(port: MessagePort): void {
  port.postMessage(lastWord);
  port.close();
}
