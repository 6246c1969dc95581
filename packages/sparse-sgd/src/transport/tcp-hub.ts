/** A hub that worker processes reach by TCP. It needs nothing but Node. */
import {
  checkOptions,
  FormatError,
  OptionError,
  quote,
  requireCount,
  requireFrom,
  SaccadeError,
} from '@saccade/tensor';
import { FrameCutter } from './frame-cutter.js';
import { decodeToHub, encodeFrame, largestFrame } from './hub-frames.js';
import { HubJobs } from './hub-jobs.js';
import { HubSession } from './hub-session.js';
import { FrameWriter, nodeNet, type Socket } from './node-net.js';

/** Options of a hub. */
export interface HubOptions {
  /** Default: `127.0.0.1`, which only this machine reaches. Whoever reaches it can take part in every job: there is no password. */
  readonly host?: string | undefined;
  /** Default: 0, a free one. */
  readonly port?: number | undefined;
  /** Milliseconds after which a worker whose connection is gone is given up. Default: 2000. */
  readonly grace?: number | undefined;
  /** Bytes of each job's log that are kept for those who were cut off or come late. Default: 256 MiB. */
  readonly retain?: number | undefined;
  /** Largest message in bytes. Default: 256 MiB. */
  readonly largest?: number | undefined;
}

/** A hub that listens. */
export interface Hub {
  readonly host: string;
  readonly port: number;
  /** `host:port`, as workers want it. */
  readonly address: string;
  /** Connections that were ended because of what came over them. */
  readonly refused: number;
  /** Ends all connections. Its jobs are lost. */
  close(): Promise<void>;
}

const optionNames = ['host', 'port', 'grace', 'retain', 'largest'] as const;
// The system asks silent connections this often, so that machines that vanished are noticed while their programs compute.
const keepAlive = 5000;

/**
 * Starts a hub. Give it a process of its own where workers compute for seconds without a pause: it answers to all.
 *
 * @throws {OptionError} @throws {DeviceError} in a browser @throws {SaccadeError} `io` if it cannot listen there
 */
export async function createHub(options: HubOptions = {}): Promise<Hub> {
  const op = 'createHub';
  const {
    host = '127.0.0.1',
    port = 0,
    grace = 2000,
    retain = 2 ** 28,
    largest = largestFrame,
  } = checkOptions(op, options, optionNames);
  requireCount(op, 'port', port, 0);
  requireFrom(op, 'grace', grace);
  requireFrom(op, 'retain', retain);
  requireCount(op, 'largest', largest);
  if (typeof host !== 'string') throw new OptionError(`${op}: host must be a name or an address, got ${quote(host)}`);
  const jobs = new HubJobs({ retain, grace, size: 0 });
  const sockets = new Set<Socket>();
  const server = nodeNet(op).createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(socket, jobs, Math.min(largest + 64, largestFrame));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new SaccadeError('io', `${op}: cannot listen at ${host}:${port} (${cause.message})`, { cause }));
    });
    server.listen(port, host, resolve);
  });
  const bound = (server.address() as { readonly port: number }).port;
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(resolve);
      for (const socket of sockets) socket.destroy();
      jobs.close();
    });
  return {
    host,
    port: bound,
    address: host.includes(':') ? `[${host}]:${bound}` : `${host}:${bound}`,
    get refused() {
      return jobs.refused;
    },
    close,
  };
}

function serve(socket: Socket, jobs: HubJobs, largest: number): void {
  const frames = new FrameCutter(largest);
  const writer = new FrameWriter(socket);
  let open = true;
  const close = (): void => {
    open = false;
    // What was said last should arrive, but not if the other side does not listen.
    const late = setTimeout(() => socket.destroy(), 1000);
    socket.end(() => {
      clearTimeout(late);
      socket.destroy();
    });
  };
  const session = new HubSession(jobs, {
    send: (message) => open && writer.write(encodeFrame(message)),
    close,
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, keepAlive);
  socket.on('error', () => {}); // 'close' follows
  socket.on('close', () => {
    open = false;
    session.closed();
  });
  socket.on('drain', () => session.pump());
  socket.on('data', (piece) => {
    if (!open) return;
    try {
      for (const frame of frames.push(piece)) if (open) session.receive(decodeToHub(frame));
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      session.refuse(error.message);
    }
  });
}
