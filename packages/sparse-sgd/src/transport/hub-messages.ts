/** What a hub and its members say to each other, on whatever wire. */

/** Version of the protocol. */
export const hubVersion = 1;

/** From a member. Those with an `id` are answered with the same. */
export type ToHub =
  /** Begins: from now on this is that member of that job. */
  | { readonly type: 'hello'; readonly version: number; readonly member: string; readonly job: string }
  /** Answered by `appended`. May come twice. */
  | { readonly type: 'append'; readonly entry: Uint8Array }
  /** Give me all entries behind the position, and those to come. Answered by `reading` first. */
  | { readonly type: 'read'; readonly id: number; readonly after: number }
  /** Answered by `done`. */
  | { readonly type: 'save'; readonly id: number; readonly blob: Uint8Array }
  /** Answered by `loaded`. */
  | { readonly type: 'load'; readonly id: number }
  /** Throw the job away unless there are entries behind the position. Answered by `done`. */
  | { readonly type: 'end'; readonly id: number; readonly position: number }
  /** Answered by `pong`. */
  | { readonly type: 'ping' };

/** From a hub. */
export type FromHub =
  /** `log`: id of the job's log. `size`: workers that the hub was made for, 0 if it does not know. */
  | { readonly type: 'welcome'; readonly log: string; readonly size: number }
  | { readonly type: 'appended'; readonly sequence: number; readonly position: number }
  /** Entries from here on are those of this reading. `first`: position of the oldest entry. */
  | { readonly type: 'reading'; readonly id: number; readonly first: number }
  | { readonly type: 'entry'; readonly position: number; readonly entry: Uint8Array }
  /** In the place of an entry that the member itself has just appended: it has the bytes. */
  | { readonly type: 'own'; readonly position: number; readonly sequence: number }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'loaded'; readonly id: number; readonly blob: Uint8Array | undefined }
  /** The job was thrown away. */
  | { readonly type: 'gone' }
  /** What the member said makes no sense; the hub listens no longer. */
  | { readonly type: 'refused'; readonly why: string }
  | { readonly type: 'pong' };
