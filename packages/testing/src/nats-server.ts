/** Finds nats-server, installing it where it is missing, and starts it. `SACCADE_NO_NATS=1` leaves its tests out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { installDebianPackages } from './debian.js';

/** False where the person asked to leave the tests with NATS out. */
export const natsWanted: boolean = process.env.SACCADE_NO_NATS !== '1';
if (!natsWanted) console.log('SACCADE_NO_NATS is set: the tests with NATS are left out');

/** Options of `startNatsServer`. */
export interface NatsServerOptions {
  /** Address to listen at. Default: 127.0.0.1. */
  readonly host?: string;
  /** A command that runs the server: `['ip', 'netns', 'exec', 'name']`. Default: none. */
  readonly through?: readonly string[];
}

/** A nats-server with JetStream, whose store is a temporary folder of its own. */
export interface NatsServer {
  /** `nats://host:port`. */
  readonly url: string;
  /** `ws://host:port`, without TLS. */
  readonly websocketUrl: string;
  /** Ends the process; the store stays for `restart`. @param signal default: SIGTERM */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again, at the same ports and on the same store. */
  restart(): Promise<void>;
  /** Ends the process and removes the store. */
  close(): Promise<void>;
}

/** Starts a nats-server at free ports of its own, and waits until it listens. @throws if there is none, or it does not come up */
export async function startNatsServer({
  host = '127.0.0.1',
  through = [],
}: NatsServerOptions = {}): Promise<NatsServer> {
  const binary = findNatsServer();
  const folder = mkdtempSync(join(tmpdir(), 'saccade-nats-'));
  const [port, websocketPort] = await freePorts();
  const config = join(folder, 'server.conf');
  writeFileSync(
    config,
    `listen: "${host}:${port}"
jetstream: { store_dir: ${JSON.stringify(folder)}, max_memory_store: 256MB, max_file_store: 1GB }
websocket: { listen: "${host}:${websocketPort}", no_tls: true }
`,
  );
  const [command, ...before] = [...through, binary];
  let child: ChildProcess | undefined;
  let output = '';
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<void> => {
    const ending = child;
    child = undefined;
    if (ending === undefined || ending.exitCode !== null || ending.signalCode !== null) return;
    const ended = once(ending, 'exit');
    ending.kill(signal);
    await ended;
  };
  const restart = async (): Promise<void> => {
    await stop();
    output = '';
    const started = spawn(command!, [...before, '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    child = started;
    process.once('exit', () => started.kill('SIGKILL'));
    started.stderr!.on('data', (piece: Buffer) => {
      output = (output + piece).slice(-4000);
    });
    for (let attempt = 0; !/Server is ready/.test(output); attempt++) {
      if (started.exitCode !== null || attempt === 500) throw new Error(`nats-server did not come up:\n${output}`);
      await sleep(20);
    }
  };
  const close = async (): Promise<void> => {
    await stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await restart();
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `nats://${host}:${port}`, websocketUrl: `ws://${host}:${websocketPort}`, stop, restart, close };
}

/**
 * Path of a nats-server: `SACCADE_NATS_SERVER` if set, else an installed one, else Debian's package (as root). Throws an error
 * that says what was tried and what to do.
 */
export function findNatsServer(): string {
  const named = process.env.SACCADE_NATS_SERVER;
  if (named) {
    if (!existsSync(named)) throw new Error(`SACCADE_NATS_SERVER names ${named}, which does not exist`);
    return named;
  }
  const found = installed();
  if (found) return found;
  let tried = 'looked in PATH and the usual places';
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    try {
      installDebianPackages('nats-server');
    } catch (error) {
      tried += `; apt-get install nats-server: ${error instanceof Error ? error.message.split('\n')[0] : error}`;
    }
    const path = installed();
    if (path) return path;
  }
  throw new Error(
    `no nats-server found for the tests with NATS. Install it (Debian: apt-get install nats-server; else https://nats.io/download), ` +
      `or set SACCADE_NATS_SERVER to its path, or leave these tests out with SACCADE_NO_NATS=1. Tried: ${tried}`,
  );
}

function installed(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin', '/opt/homebrew/bin'];
  const names = process.platform === 'win32' ? ['nats-server.exe'] : ['nats-server'];
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()];
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ports.push((server.address() as { port: number }).port);
  }
  for (const server of servers) server.close();
  return ports as [number, number];
}
