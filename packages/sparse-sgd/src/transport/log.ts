/** What a transport is made of: a list of entries that many append to and all read in the same order. */
import { SaccadeError } from '@saccade/tensor';

/** One entry of a log, as a reader gets it. */
export interface LogEntry {
  /** Counts up. Where an entry travels in parts it is that of the last part. */
  readonly position: number;
  /** A reader that starts after this position gets all entries behind this one: earlier while parts of others are on their way. */
  readonly resume: number;
  readonly bytes: Uint8Array;
  /** Whether they are the reader's own, out of its own memory, so that their check sum is right. Default false. */
  readonly own?: boolean | undefined;
}

/** What a reader calls. After `failed` nothing comes any more. */
export interface LogHandler {
  entry(entry: LogEntry): void;
  failed(error: Error): void;
}

/** Bytes that went through the wire, framing and repetitions included. */
export interface LogTraffic {
  readonly sent: number;
  readonly received: number;
}

/** The log of one job, seen by one member. It reconnects by itself, and only fails for good. */
export interface Log {
  /** The id that this member's entries must bear. */
  readonly member: string;
  readonly traffic: LogTraffic;
  /** How many members the log was made for, where whoever made it said so. */
  readonly size: number | undefined;
  /** Makes the bytes of an entry, as it can share them best. */
  allocate(length: number): Uint8Array;
  /** Connects, and makes the log if there is none. May be called again after a `JobGoneError`. */
  open(): Promise<void>;
  /** Appends an entry of this member, exactly once, whatever happens on the way. One at a time. @returns its position */
  append(entry: Uint8Array, sequence: number): Promise<number>;
  /**
   * Gives all entries behind a position, and those to come; instead of the reader before. A failure is a `TrimmedError` if entries behind
   * it were thrown away.
   */
  read(after: number, handler: LogHandler): void;
  /** Keeps the blob instead of the one before. */
  save(blob: Uint8Array): Promise<void>;
  /** The blob that was saved last. */
  load(): Promise<Uint8Array | undefined>;
  /** Throws the log away, blob included, unless there are entries behind the position. */
  end(position: number): Promise<void>;
  /** Lets go of everything; what still waits is rejected. */
  close(): Promise<void>;
}

/** Entries that a reader needs are no longer there. */
export class TrimmedError extends SaccadeError {
  constructor(job: string) {
    super(
      'io',
      `job ${job}: this worker was away for so long that the log has dropped rounds it has not seen; ` +
        'start it again, so that it joins late, or keep more of the log (option `retain`)',
    );
  }
}

/** The log that this member belongs to is no longer there. */
export class JobGoneError extends SaccadeError {
  constructor(job: string, why: string) {
    super('io', `job ${job}: its log is gone (${why})`);
  }
}
