/** A member's end of a log that a hub holds. */
import { SaccadeError } from '@saccade/tensor';
import { type FromHub, hubVersion, type ToHub } from './hub-messages.js';
import { HubReading } from './hub-reading.js';
import { newId } from './ids.js';
import { JobGoneError, type Log, type LogHandler, type LogTraffic } from './log.js';
import { Questions } from './questions.js';

/** A member's end of a wire to the hub. */
export interface HubLink {
  readonly traffic: LogTraffic;
  /** What is said while the connection is down is lost; it is said again after `up`. */
  send(message: ToHub): void;
  close(): void;
}

/** What a link calls. */
export interface LinkHandler {
  /** There is a connection, a new one. */
  up(): void;
  message(message: FromHub): void;
  /** There will be no connection any more. */
  failed(error: Error): void;
}

/** See `Log`. What was not answered is asked again on each new connection. */
export class HubLog implements Log, LinkHandler {
  readonly member: string = newId();
  readonly allocate: (length: number) => Uint8Array;
  readonly #job: string;
  readonly #link: HubLink;
  readonly #questions = new Questions();
  /** Bytes of own entries, by sequence, that the reader has not got yet. */
  readonly #own = new Map<number, Uint8Array>();
  #reading: HubReading | undefined;
  #logId: string | undefined;
  #size = 0;
  #ids = 0;
  /** Whether the hub knows who speaks. */
  #welcome = false;
  #failure: Error | undefined;

  /** @param allocate makes the bytes of entries */
  constructor(job: string, connect: (handler: LinkHandler) => HubLink, allocate: (length: number) => Uint8Array) {
    this.#job = job;
    this.allocate = allocate;
    this.#link = connect(this);
  }

  get traffic(): LogTraffic {
    return this.#link.traffic;
  }

  get size(): number | undefined {
    return this.#size || undefined;
  }

  open(): Promise<void> {
    this.#logId = undefined;
    return this.#ask('hello', this.#hello);
  }

  append(entry: Uint8Array, sequence: number): Promise<number> {
    this.#own.set(sequence, entry);
    return this.#ask(`append ${sequence}`, { type: 'append', entry });
  }

  read(after: number, handler: LogHandler): void {
    this.#reading = new HubReading(this.#job, ++this.#ids, after, handler);
    if (this.#failure === undefined) this.#say(this.#reading.request);
    else handler.failed(this.#failure);
  }

  async save(blob: Uint8Array): Promise<void> {
    const id = ++this.#ids;
    await this.#ask(`${id}`, { type: 'save', id, blob });
  }

  load(): Promise<Uint8Array | undefined> {
    const id = ++this.#ids;
    return this.#ask(`${id}`, { type: 'load', id });
  }

  async end(position: number): Promise<void> {
    const id = ++this.#ids;
    await this.#ask(`${id}`, { type: 'end', id, position });
  }

  async close(): Promise<void> {
    this.failed(new SaccadeError('closed', 'transport: it was closed'));
  }

  up(): void {
    this.#welcome = false;
    this.#link.send(this.#hello);
  }

  failed(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#questions.reject(error);
    this.#reading?.handler.failed(error);
    this.#link.close();
  }

  message(message: FromHub): void {
    switch (message.type) {
      case 'welcome':
        this.#welcomed(message.log, message.size);
        break;
      case 'appended':
        this.#questions.answer(`append ${message.sequence}`, message.position);
        break;
      case 'reading':
        this.#reading?.begin(message.id, message.first);
        break;
      case 'entry':
        this.#reading?.entry(message.position, message.entry);
        break;
      case 'own':
        this.#reading?.entry(message.position, this.#own.get(message.sequence), true);
        this.#own.delete(message.sequence);
        break;
      case 'done':
        this.#questions.answer(`${message.id}`, undefined);
        break;
      case 'loaded':
        this.#questions.answer(`${message.id}`, message.blob);
        break;
      case 'gone':
        this.#gone('all workers have left, and a new one may take the name');
        break;
      case 'refused':
        this.failed(new SaccadeError('io', `job ${this.#job}: the hub refused: ${message.why}`));
        break;
      default:
    }
  }

  get #hello(): ToHub {
    return { type: 'hello', version: hubVersion, member: this.member, job: this.#job };
  }

  #welcomed(log: string, size: number): void {
    const known = this.#logId;
    this.#size = size;
    this.#logId = log;
    this.#welcome = true;
    if (known !== undefined && known !== log) {
      this.#gone('the hub was started again, or has forgotten it');
      return;
    }
    this.#questions.answer('hello', undefined);
    if (this.#reading !== undefined) this.#say(this.#reading.again());
    for (const message of this.#questions.messages) this.#say(message);
  }

  #gone(why: string): void {
    const error = new JobGoneError(this.#job, why);
    const reading = this.#reading;
    this.#reading = undefined;
    this.#own.clear();
    this.#questions.reject(error);
    reading?.handler.failed(error);
  }

  #say(message: ToHub): void {
    if (this.#welcome) this.#link.send(message);
  }

  #ask<T>(key: string, message: ToHub): Promise<T> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const answer = this.#questions.ask<T>(key, message);
    this.#say(message);
    return answer;
  }
}
