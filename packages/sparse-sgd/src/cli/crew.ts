/** The way into a job that this process begins with others, and out of it. */
import { setTimeout as pause } from 'node:timers/promises';
import { commandName, counted, shellWords, tell, UsageError } from '@saccade/command';
import { createHub, type Hub } from '../transport/tcp-hub.js';
import type { Transport } from '../transport/transport.js';
import { ownAddress, reachableAddresses } from './hub-addresses.js';
import { type CrewOptions, roundTimeoutOf } from './job-options.js';
import { decodeSettings, encodeSettings, type JobSettings } from './job-settings.js';
import { type Meeting, meet, meetingText } from './meeting-place.js';

/** Milliseconds that the hub waits for the other workers to leave at the end. */
const longestFarewell = 10_000;
/** Milliseconds that it stays after this worker has left early, so that the others learn of that. */
const shortFarewell = 500;

/** A place in a job. */
export interface Crew {
  readonly transport: Transport;
  /** Leaves; where the hub is here, it ends when the others have left too. @param done whether the job is */
  leave(done: boolean): Promise<void>;
}

/** Tells what others type to take part. */
async function invite(
  { workers, job, roundTimeout }: CrewOptions,
  addresses: readonly string[],
  data: string | undefined,
): Promise<void> {
  const words = data === undefined ? [] : ['--data', data];
  if (roundTimeout !== roundTimeoutOf(undefined)) words.push('--round-timeout', String(roundTimeout / 1000));
  if (workers === 1) await tell('begins at once. Others can come later:');
  else await tell(`waits for ${counted(workers - 1, 'other worker')}. In another terminal type:`);
  for (const address of addresses) {
    await tell(`  ${commandName('sparse-sgd')} ${shellWords(['join', address, '--job', job, ...words])}`);
  }
}

/** @throws {UsageError} if somebody has begun a job of that name with other settings */
function requireOwnSettings(transport: Transport, own: Uint8Array, { job }: CrewOptions): void {
  const [theirs, ours] = [transport.job, own].map((bytes) => JSON.stringify(decodeSettings(bytes)));
  if (theirs === ours) return;
  throw new UsageError(
    `there is a job '${job}' already, with other settings: take part with sparse-sgd join, or give --job another name`,
  );
}

/** Resolves when the others have left, or after a while. */
async function othersLeft(transport: Transport): Promise<void> {
  const end = performance.now() + longestFarewell;
  while (transport.present.some((rank) => rank !== transport.rank) && performance.now() < end) await pause(20);
}

/** Joins the job, at a hub of this process or elsewhere, as soon as all workers are there. @param data the file of rows that others need */
export async function enterJob(
  options: CrewOptions,
  settings: JobSettings,
  data: string | undefined,
  signal: AbortSignal,
): Promise<Crew> {
  const { place, workers: size, job, quorum, roundTimeout } = options;
  const hub = place.kind === 'listen' ? await createHub({ host: place.host, port: place.port }) : undefined;
  let transport: Transport | undefined;
  try {
    const meeting: Meeting = place.kind === 'listen' ? { kind: 'hub', ...ownAddress(hub!) } : place;
    const own = encodeSettings(settings);
    const joining = meet(meeting, { job, size, settings: own, quorum, roundTimeout, signal });
    joining.catch(() => {}); // is awaited below
    const addresses = hub === undefined ? [meetingText(meeting)] : reachableAddresses(hub).map((one) => `hub://${one}`);
    await invite(options, addresses, data);
    transport = await joining;
    requireOwnSettings(transport, own, options);
    return { transport, leave: (done) => leave(transport!, hub, done) };
  } catch (error) {
    await transport?.close();
    await hub?.close();
    throw error;
  }
}

async function leave(transport: Transport, hub: Hub | undefined, done: boolean): Promise<void> {
  if (hub !== undefined && done) await othersLeft(transport);
  await transport.close();
  if (hub !== undefined && !done) await pause(shortFarewell);
  await hub?.close();
}
