/** A connection to NATS: TCP in Node, WebSocket in browsers and for `ws://` addresses. */
import { type ConnectionOptions, errors, type NatsConnection, wsconnect } from '@nats-io/nats-core';
import { DeviceError, OptionError, SaccadeError } from '@saccade/tensor';

/** Milliseconds between two tries. */
const pause = 250;

/** Where the server is, and how long to try. */
export interface NatsConnectionOptions {
  readonly op: string;
  readonly servers: readonly string[];
  /** Whatever else the client of NATS knows: user, token, TLS. */
  readonly connection: Partial<ConnectionOptions>;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Milliseconds between two questions whether the server is there. */
  readonly heartbeat: number;
  /** Whether nobody wants the connection any more. */
  readonly stopped: () => boolean;
}

/** Connects, and stays connected as far as that can be done. @throws {SaccadeError} `io` if there is no server */
export async function connectNats(options: NatsConnectionOptions): Promise<NatsConnection> {
  const { op, servers, connection, connectTimeout, heartbeat, stopped } = options;
  const connect = await connector(op, servers);
  const settings: ConnectionOptions = {
    name: 'saccade sparse-sgd',
    noAsyncTraces: true,
    timeout: Math.min(5000, connectTimeout),
    ...connection,
    servers: [...servers],
    maxReconnectAttempts: -1,
    reconnectTimeWait: pause,
    reconnectJitter: pause,
    pingInterval: heartbeat,
    maxPingOut: 2,
  };
  for (let waited = 0; ; waited += pause) {
    try {
      return await connect(settings);
    } catch (cause) {
      const denied = cause instanceof errors.AuthorizationError || cause instanceof errors.InvalidArgumentError;
      if (denied || stopped() || waited >= connectTimeout) {
        const why = cause instanceof Error ? cause.message : String(cause);
        const where = servers.join(', ');
        throw new SaccadeError('io', `${op}: no NATS at ${where} (${why}); start one with: nats-server -js`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

type Connect = (options: ConnectionOptions) => Promise<NatsConnection>;

async function connector(op: string, servers: readonly string[]): Promise<Connect> {
  const web = servers.filter((server) => /^wss?:/.test(server)).length;
  if (web > 0 && web < servers.length) throw new OptionError(`${op}: servers must be all ws:// or none`);
  const isNode = (globalThis as { process?: { getBuiltinModule?: unknown } }).process?.getBuiltinModule !== undefined;
  if (web === 0 && isNode) {
    // Not a literal, so that bundlers for browsers, where it is never needed, do not look for it.
    const name = ['@nats-io', 'transport-node'].join('/');
    const { connect } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as { connect: Connect };
    return connect;
  }
  if (web === 0)
    throw new OptionError(`${op}: in a browser servers must be ws:// or wss://, got ${servers.join(', ')}`);
  if (typeof WebSocket === 'undefined')
    throw new DeviceError(`${op}: this host has no WebSocket; use nats:// addresses`);
  return wsconnect;
}
