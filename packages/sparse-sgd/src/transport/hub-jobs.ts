/** The jobs of a hub: their logs, and who is connected. */
import type { HubSession } from './hub-session.js';
import { JobLog } from './job-log.js';

/** Milliseconds after which a job to which nobody is connected is forgotten. */
const forgetAfter = 600_000;

/** Settings of a hub. */
export interface HubSettings {
  /** Bytes of a job's log that are kept. */
  readonly retain: number;
  /** Milliseconds after which a member without connection is lost. */
  readonly grace: number;
  /** Workers that the hub was made for, 0 if it does not know. */
  readonly size: number;
}

type Timer = ReturnType<typeof setTimeout>;

/** A job, and the sessions of its members. */
export class HubJob {
  readonly name: string;
  readonly log: JobLog;
  readonly #grace: number;
  readonly #empty: (job: HubJob) => void;
  readonly #sessions = new Map<string, { readonly session: HubSession; readonly stop: () => void }>();
  readonly #lost = new Map<string, Timer>();
  #forget: Timer | undefined;

  /** @param empty called when nobody was connected for long, or at all while the log is empty */
  constructor(name: string, { retain, grace }: HubSettings, empty: (job: HubJob) => void) {
    this.name = name;
    this.log = new JobLog(retain);
    this.#grace = grace;
    this.#empty = empty;
  }

  attach(member: string, session: HubSession): void {
    this.#drop(member)?.replaced();
    clearTimeout(this.#lost.get(member));
    this.#lost.delete(member);
    clearTimeout(this.#forget);
    this.#sessions.set(member, { session, stop: this.log.onAppend(session.pump) });
  }

  detach(member: string, session: HubSession): void {
    if (this.#sessions.get(member)?.session !== session) return;
    this.#drop(member);
    const timer = setTimeout(() => {
      this.#lost.delete(member);
      this.log.lose(member);
    }, this.#grace);
    this.#lost.set(member, timer);
    if (this.#sessions.size > 0) return;
    if (this.log.last === 0) this.#empty(this);
    else this.#forget = setTimeout(() => this.#empty(this), forgetAfter);
    (this.#forget as { unref?: () => void } | undefined)?.unref?.();
  }

  /** Lets go of the timers, and of the sessions. */
  close(): HubSession[] {
    for (const timer of this.#lost.values()) clearTimeout(timer);
    clearTimeout(this.#forget);
    return [...this.#sessions.keys()].map((member) => this.#drop(member)!);
  }

  #drop(member: string): HubSession | undefined {
    const found = this.#sessions.get(member);
    found?.stop();
    this.#sessions.delete(member);
    return found?.session;
  }
}

/** All jobs of a hub. */
export class HubJobs {
  readonly #settings: HubSettings;
  readonly #jobs = new Map<string, HubJob>();
  #refused = 0;

  constructor(settings: HubSettings) {
    this.#settings = settings;
  }

  get size(): number {
    return this.#settings.size;
  }

  /** Connections that were ended because of what came over them. */
  get refused(): number {
    return this.#refused;
  }

  countRefused(): void {
    this.#refused++;
  }

  /** The job of that name, made if there is none. */
  attach(name: string, member: string, session: HubSession): HubJob {
    let job = this.#jobs.get(name);
    if (job === undefined) {
      job = new HubJob(name, this.#settings, (empty) => this.end(empty));
      this.#jobs.set(name, job);
    }
    job.attach(member, session);
    return job;
  }

  /** Throws a job away. */
  end(job: HubJob): void {
    if (this.#jobs.get(job.name) === job) this.#jobs.delete(job.name);
    for (const session of job.close()) session.gone();
  }

  /** Lets go of all timers. */
  close(): void {
    for (const job of this.#jobs.values()) job.close();
    this.#jobs.clear();
  }
}
