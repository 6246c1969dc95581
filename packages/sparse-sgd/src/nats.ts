/// <reference lib="esnext.disposable" preserve="true" />
/** Workers on many machines, and in browsers, over NATS: the entry `@saccade/sparse-sgd/nats`. */
import type { ConnectionOptions } from '@nats-io/nats-core';
import { checkOptions, OptionError, quote, requireAbove, requireCount } from '@saccade/tensor';
import { checkJobName, checkJobOptions, type JobOptions, jobOptionNames } from './transport/job-options.js';
import { joinJob } from './transport/join-job.js';
import { NatsLog, type NatsLogOptions } from './transport/nats-log.js';
import type { Transport } from './transport/transport.js';

/** Where a job is. */
export interface NatsServerOptions {
  /** `nats://host:port`, or `ws://host:port` in browsers; several of one cluster in a list. Default: `nats://127.0.0.1:4222`. */
  readonly servers?: string | readonly string[] | undefined;
  /** Name of the job: 1 to 64 letters, digits, `-` and `_`. */
  readonly job: string;
  /** Milliseconds that the worker tries to reach the server. Default: 10,000. Later it tries for ever. */
  readonly connectTimeout?: number | undefined;
  /** Milliseconds between two questions whether the server is there; after two without an answer it connects again. Default: 5000. */
  readonly heartbeat?: number | undefined;
  /** What else the NATS client should know, such as `user` and `pass`, `token`, `tls`. */
  readonly connection?: Partial<ConnectionOptions> | undefined;
}

/** Options of a worker at NATS. */
export interface NatsTransportOptions extends JobOptions, NatsServerOptions {
  /** Where the server keeps the job's log: in files, which outlive the server, or in memory. Whoever makes the job decides. Default: `file`. */
  readonly storage?: 'file' | 'memory' | undefined;
  /** Bytes of the job's log that are kept for those who were cut off or come late. Whoever makes the job decides. Default: 256 MiB. */
  readonly retain?: number | undefined;
}

const serverOptionNames = ['servers', 'job', 'connectTimeout', 'heartbeat', 'connection'] as const;
const optionNames = [...jobOptionNames, ...serverOptionNames, 'storage', 'retain'] as const;

/**
 * Joins a job at a nats-server with JetStream, and resolves when all workers that it begins with are there; for a worker that comes
 * late when it has the state of the model. The job is a stream `sparse-sgd-log-<job>`, and one `sparse-sgd-state-<job>` for those
 * who come late; they go when the last worker leaves.
 *
 * @throws {OptionError} @throws {SaccadeError} `io` if there is no server or it has no JetStream, `timeout` if a job that has begun
 * gives no state
 */
export async function createNatsTransport(options: NatsTransportOptions): Promise<Transport> {
  const op = 'createNatsTransport';
  const checked = checkJobOptions(op, checkOptions(op, options, optionNames));
  const { storage = 'file', retain = 2 ** 28 } = options;
  if (storage !== 'file' && storage !== 'memory') {
    throw new OptionError(`${op}: storage must be 'file' or 'memory', got ${quote(storage)}`);
  }
  requireCount(op, 'retain', retain);
  const log = new NatsLog({ ...serverOptions(op, options), storage, retain });
  return await joinJob(op, log, checked);
}

/**
 * Throws the log of a job away, whoever takes part in it. For one whose workers all ended without leaving: a new one of the same name
 * would wait for their model. @throws {OptionError} @throws {SaccadeError} `io` if there is no server
 */
export async function deleteNatsJob(options: NatsServerOptions): Promise<void> {
  const op = 'deleteNatsJob';
  const log = new NatsLog({
    ...serverOptions(op, checkOptions(op, options, serverOptionNames)),
    storage: 'file',
    retain: 1,
  });
  try {
    await log.delete();
  } finally {
    await log.close();
  }
}

function serverOptions(op: string, options: NatsServerOptions): Omit<NatsLogOptions, 'storage' | 'retain'> {
  const { servers = 'nats://127.0.0.1:4222', connectTimeout = 10_000, heartbeat = 5000, connection = {} } = options;
  const list = typeof servers === 'string' ? [servers] : [...servers];
  if (list.length === 0 || list.some((server) => typeof server !== 'string' || server === '')) {
    throw new OptionError(`${op}: servers must be an address or several, got ${quote(servers)}`);
  }
  requireAbove(op, 'connectTimeout', connectTimeout);
  requireAbove(op, 'heartbeat', heartbeat);
  return { op, servers: list, job: checkJobName(op, options.job), connection, connectTimeout, heartbeat };
}
