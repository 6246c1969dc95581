/** One member's connection as the hub sees it. */
import { decodeEntry, type Entry } from './entry.js';
import type { HubJob, HubJobs } from './hub-jobs.js';
import type { FromHub, ToHub } from './hub-messages.js';
import { hubVersion } from './hub-messages.js';
import type { JobLog } from './job-log.js';

/** The hub's end of a wire to one member. */
export interface HubWire {
  /** @returns whether it takes more at once; if not, the session's `pump` is called when it does */
  send(message: FromHub): boolean;
  /** Ends the connection after what was sent. */
  close(): void;
}

const fromMembers: readonly Entry['kind'][] = ['join', 'data', 'close', 'leave', 'state'];

/** Answers what a member says, and sends it the entries that it reads. */
export class HubSession {
  readonly #jobs: HubJobs;
  readonly #wire: HubWire;
  #job: HubJob | undefined;
  #member = '';
  /** Last position that was sent; undefined while the member does not read. */
  #sent: number | undefined;
  /** Entries up to here may be news to a member even if they are its own. */
  #inFull = 0;

  constructor(jobs: HubJobs, wire: HubWire) {
    this.#jobs = jobs;
    this.#wire = wire;
  }

  /** Takes what the member says in. Whatever makes no sense ends the connection. */
  receive(message: ToHub): void {
    if (message.type === 'ping') this.#wire.send({ type: 'pong' });
    else if (message.type === 'hello') this.#hello(message);
    else if (this.#job === undefined) this.refuse('expected a hello first');
    else this.#serve(message, this.#job);
  }

  /** Sends entries as long as the wire takes them. */
  readonly pump = (): void => {
    const log = this.#job?.log;
    while (log !== undefined && this.#sent !== undefined && this.#sent < log.last) {
      const entry = log.at(this.#sent + 1);
      if (entry === undefined) {
        // It was too slow for what the hub keeps: `first` tells it so.
        this.#sent = undefined;
        this.#wire.send({ type: 'reading', id: 0, first: log.first });
        return;
      }
      this.#sent = entry.position;
      const own = entry.member === this.#member && entry.sequence > 0 && entry.position > this.#inFull;
      const { position, sequence, bytes } = entry;
      const more = this.#wire.send(
        own ? { type: 'own', position, sequence } : { type: 'entry', position, entry: bytes },
      );
      if (!more) return;
    }
  };

  /** The job was thrown away. */
  gone(): void {
    this.#job = undefined;
    this.#sent = undefined;
    this.#wire.send({ type: 'gone' });
  }

  /** Says why, and ends the connection. */
  refuse(why: string): void {
    this.#jobs.countRefused();
    this.#wire.send({ type: 'refused', why });
    this.#wire.close();
  }

  /** Another connection speaks for the member now. */
  replaced(): void {
    this.#job = undefined;
    this.#wire.close();
  }

  /** The connection is gone. */
  closed(): void {
    this.#job?.detach(this.#member, this);
    this.#job = undefined;
  }

  #hello({ version, member, job }: Extract<ToHub, { type: 'hello' }>): void {
    const bad =
      version !== hubVersion
        ? `the hub speaks version ${hubVersion}, the worker ${version}`
        : !(/^[\da-f]{16}$/.test(member) && /^[\w-]{1,64}$/.test(job)) && 'bad name of member or job';
    if (bad) {
      this.refuse(bad);
      return;
    }
    this.#job?.detach(this.#member, this);
    this.#member = member;
    this.#sent = undefined;
    this.#job = this.#jobs.attach(job, member, this);
    this.#wire.send({ type: 'welcome', log: this.#job.log.id, size: this.#jobs.size });
  }

  #serve(message: Exclude<ToHub, { type: 'hello' | 'ping' }>, job: HubJob): void {
    switch (message.type) {
      case 'append':
        this.#append(message.entry, job);
        break;
      case 'read':
        this.#read(message.id, message.after, job.log);
        break;
      case 'save':
        job.log.blob = message.blob;
        this.#wire.send({ type: 'done', id: message.id });
        break;
      case 'load':
        this.#wire.send({ type: 'loaded', id: message.id, blob: job.log.blob });
        break;
      default:
        this.#wire.send({ type: 'done', id: message.id });
        if (job.log.last === message.position) this.#jobs.end(job);
    }
  }

  #read(id: number, after: number, log: JobLog): void {
    if (after > log.last) {
      this.refuse('it wants to read behind the end of the log');
      return;
    }
    this.#sent = after + 1 < log.first ? undefined : after;
    this.#inFull = log.last;
    this.#wire.send({ type: 'reading', id, first: log.first });
    this.pump();
  }

  #append(bytes: Uint8Array, job: HubJob): void {
    const entry = decodeEntry(bytes);
    if (entry === undefined) this.refuse('that was no entry');
    else if (entry.member !== this.#member) this.refuse("that was another member's entry");
    else if (!fromMembers.includes(entry.kind)) this.refuse(`members append no ${entry.kind}`);
    else {
      const position = job.log.append(bytes, entry);
      this.#wire.send({ type: 'appended', sequence: entry.sequence, position });
    }
  }
}
