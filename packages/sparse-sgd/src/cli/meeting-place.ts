/** Addresses where workers meet, and the ways there. */
import { UsageError } from '@saccade/command';
import { SaccadeError } from '@saccade/tensor';
import type { NatsTransportOptions } from '../nats.js';
import { createHubTransport } from '../transport/hub-transport.js';
import type { JobOptions } from '../transport/job-options.js';
import type { Transport } from '../transport/transport.js';

/** A hub that runs already, or NATS. */
export type Meeting =
  | { readonly kind: 'hub'; readonly host: string; readonly port: number }
  | { readonly kind: 'nats'; readonly servers: readonly string[] };

/** `host:port`, `[::1]:port`, `:port` or `port`. @throws {UsageError} */
export function parseHost(name: string, text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:(?:\[([\da-f:.]+)\]|([^:/[\]]*)):)?(\d{1,5})$/i.exec(text);
  const port = Number(found?.[3]);
  if (found === null || port > 65_535) throw new UsageError(`--${name} must be HOST:PORT, got ${text}`);
  return { host: found[1] || found[2] || '127.0.0.1', port };
}

/** `hub://host:port`, or `nats://`, `tls://`, `ws://` and `wss://` for NATS, several servers with commas between. @throws {UsageError} */
export function parseMeeting(text: string): Meeting {
  const hub = /^hub:\/\/(.+)$/.exec(text);
  if (hub !== null) {
    const place = parseHost('hub', hub[1]!);
    if (place.port > 0) return { kind: 'hub', ...place };
  } else {
    const servers = text.split(',');
    if (servers.every((server) => /^(nats|tls|wss?):\/\/[^\s/]+$/.test(server))) return { kind: 'nats', servers };
  }
  throw new UsageError(`expected an address such as hub://host:7400, nats://host:4222 or ws://host:9222, got ${text}`);
}

/** @throws {UsageError} unless all transports take it as the name of a job */
export function checkedJobName(name: string): string {
  if (/^[\w-]{1,64}$/.test(name)) return name;
  throw new UsageError(`--job must be a name of 1 to 64 letters, digits, - and _, got ${name}`);
}

/** An address as text. */
export function meetingText(place: Meeting): string {
  return place.kind === 'nats' ? place.servers.join(',') : `hub://${hostText(place)}`;
}

/** `host:port`. */
export function hostText({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Joins the job there. @throws what `createHubTransport` and `createNatsTransport` throw */
export async function meet(place: Meeting, options: JobOptions & { readonly job: string }): Promise<Transport> {
  if (place.kind === 'hub') return createHubTransport({ ...options, host: place.host, port: place.port });
  return meetAtNats({ ...options, servers: place.servers });
}

/** The packages of NATS are looked for when somebody wants them. */
async function meetAtNats(options: NatsTransportOptions): Promise<Transport> {
  try {
    const { createNatsTransport } = await import('../nats.js');
    return await createNatsTransport(options);
  } catch (error) {
    throw missingPackages(error) ?? error;
  }
}

/** What to do about packages that are not installed; undefined for any other error. */
export function missingPackages(error: unknown): SaccadeError | undefined {
  const { code, message } = Object(error) as { readonly code?: unknown; readonly message?: unknown };
  const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND';
  if (!isMissing || !String(message).includes('@nats-io/')) return undefined;
  const packages = ['nats-core', 'transport-node', 'jetstream'].map((name) => `@nats-io/${name}`).join(' ');
  return new SaccadeError('missing', `NATS needs packages that are not installed: npm install ${packages}`, {
    cause: error,
  });
}
