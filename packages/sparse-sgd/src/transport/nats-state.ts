/** Keeps the newest state of a job in a stream of its own: the client's object store does not go into bundles for browsers. */
import { DeliverPolicy, JetStreamApiCodes, JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import { ChunkJoiner, splitEntry } from './chunks.js';
import { decodeEntry, encodeEntry } from './entry.js';

/** Milliseconds without a message after which reading begins anew. */
const silence = 5000;

/** What keeping a state needs of the log. */
export interface StatePlace {
  readonly jsm: JetStreamManager;
  readonly stream: string;
  readonly subject: string;
  /** Publishes the parts of an entry, each once. @returns their positions */
  publish(parts: readonly Uint8Array[], subject: string, id: string): Promise<number[]>;
}

/** Saves a blob, and then throws away those before it. @param sequence counts the blobs of this member, from 1 */
export async function saveNatsState(
  { jsm, stream, subject, publish }: StatePlace,
  { blob, member, sequence, largest }: { blob: Uint8Array; member: string; sequence: number; largest: number },
): Promise<void> {
  const parts = splitEntry(encodeEntry({ kind: 'state', member, sequence, round: 0, payload: blob }), largest);
  const seq = Math.min(...(await publish(parts, subject, `${member}-state-${sequence}`)));
  // For the server 1 means all.
  if (seq > 1) await jsm.streams.purge(stream, { seq });
}

/** The blob that was saved last, undefined if there is none or it is just replaced. */
export async function loadNatsState({ jsm, stream }: StatePlace): Promise<Uint8Array | undefined> {
  try {
    const { state } = await jsm.streams.info(stream);
    if (state.messages === 0) return undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  const consumer = await jsm.jetstream().consumers.get(stream, { deliver_policy: DeliverPolicy.All });
  const messages = await consumer.consume();
  const joiner = new ChunkJoiner();
  let blob: Uint8Array | undefined;
  let timer = setTimeout(() => messages.stop(), silence);
  for await (const { seq, data, info } of messages) {
    clearTimeout(timer);
    timer = setTimeout(() => messages.stop(), silence);
    const bytes = joiner.push(seq, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))?.bytes;
    const entry = bytes && decodeEntry(bytes);
    if (entry?.kind === 'state') blob = entry.payload;
    if (info.pending === 0) break;
  }
  clearTimeout(timer);
  messages.stop();
  return blob;
}

/** Whether the server says that there is no such stream. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound;
}
