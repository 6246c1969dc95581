/** A worker's way into a job over a TCP hub. */
import { checkOptions, OptionError, quote, requireAbove, requireCount } from '@saccade/tensor';
import { HubLog } from './hub-log.js';
import { checkJobName, checkJobOptions, type JobOptions, jobOptionNames } from './job-options.js';
import { joinJob } from './join-job.js';
import { nodeNet } from './node-net.js';
import { TcpLink } from './tcp-link.js';
import type { Transport } from './transport.js';

/** Options of a worker at a hub. */
export interface HubTransportOptions extends JobOptions {
  /** The hub's `address`, `host:port`. */
  readonly address?: string | undefined;
  /** Instead of `address`. Default: `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Instead of `address`. */
  readonly port?: number | undefined;
  /** Name of the job: 1 to 64 letters, digits, `-` and `_`. */
  readonly job: string;
  /** Milliseconds that the worker tries to reach the hub. Default: 10,000. Later it tries for ever. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds between two questions whether the hub is there; after three without an answer it connects again. Default: 2000. */
  readonly heartbeat?: number | undefined;
}

const optionNames = [...jobOptionNames, 'address', 'host', 'port', 'job', 'connectTimeout', 'heartbeat'] as const;

/**
 * Joins a job at a hub (see `createHub`), and resolves when all workers that it begins with are there; for a worker that comes
 * late when it has the state of the model.
 *
 * @throws {OptionError} @throws {DeviceError} in a browser @throws {SaccadeError} `io` if there is no hub, `timeout` if a job that
 * has begun gives no state
 */
export async function createHubTransport(options: HubTransportOptions): Promise<Transport> {
  const op = 'createHubTransport';
  const checked = checkJobOptions(op, checkOptions(op, options, optionNames));
  const { host, port } = hubAddress(op, options);
  const { connectTimeout = 10_000, heartbeat = 2000 } = options;
  requireAbove(op, 'connectTimeout', connectTimeout);
  requireAbove(op, 'heartbeat', heartbeat);
  const net = nodeNet(op);
  const connect = { op, host, port, connectTimeout, heartbeat };
  const log = new HubLog(
    checkJobName(op, options.job),
    (handler) => new TcpLink(net, handler, connect),
    (length) => new Uint8Array(length),
  );
  return await joinJob(op, log, checked);
}

function hubAddress(
  op: string,
  { address, host = '127.0.0.1', port }: HubTransportOptions,
): { host: string; port: number } {
  if (address === undefined) {
    if (port === undefined) throw new OptionError(`${op}: give the hub's address or port`);
    return { host, port: requireCount(op, 'port', port) };
  }
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(String(address));
  if (match === null) throw new OptionError(`${op}: address must be host:port, got ${quote(address)}`);
  return { host: (match[1] ?? match[2])!, port: requireCount(op, 'port', Number(match[3])) };
}
