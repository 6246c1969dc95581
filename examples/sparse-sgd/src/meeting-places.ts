/** Where workers can meet on this machine: a hub in this process, and a nats-server if there is one. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createHub } from '@saccade/sparse-sgd';
import { natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import type { Meeting } from './worker-task.js';

/** A place, and its end. */
export interface MeetingPlace {
  readonly name: string;
  readonly meeting: Meeting;
  close(): Promise<void>;
}

function hasNatsServer(): boolean {
  const named = process.env.SACCADE_NATS_SERVER;
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/bin'];
  return named !== undefined || folders.some((folder) => existsSync(join(folder, 'nats-server')));
}

/** Opens all places, runs with them, and closes them. */
export async function withMeetingPlaces<R>(run: (places: readonly MeetingPlace[]) => Promise<R>): Promise<R> {
  const hub = await createHub({ grace: 200 });
  const places: MeetingPlace[] = [{ name: 'hub', meeting: { hub: hub.address }, close: () => hub.close() }];
  try {
    if (natsWanted && hasNatsServer()) {
      const server = await startNatsServer();
      places.push({ name: 'NATS', meeting: { nats: server.url }, close: () => server.close() });
    }
    return await run(places);
  } finally {
    for (const place of places) await place.close();
  }
}
