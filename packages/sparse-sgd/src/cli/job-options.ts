/** The options of training with the distributed optimizer: `sparse-sgd train --digits`, and `--workers`. */
import { basename } from 'node:path';
import { oneOf, realNumber, UsageError, wholeNumber } from '@saccade/command';
import { type FeedbackKind, feedbackKinds, type Grouping } from '../distributed/settings.js';
import { compressorName } from './compressor-name.js';
import { type DataOptions, dataOptions } from './linear-options.js';
import { checkedJobName, type Meeting, parseHost, parseMeeting } from './meeting-place.js';
import { type FileOptions, fileOptions, type TrainValues } from './train-options.js';

/** Where the workers of a job meet: at a hub that this process starts, or somewhere else. */
export type Place = { readonly kind: 'listen'; readonly host: string; readonly port: number } | Meeting;

/** Others to work with. */
export interface CrewOptions {
  readonly workers: number;
  readonly place: Place;
  readonly job: string;
  readonly quorum: number | undefined;
  /** Milliseconds. */
  readonly roundTimeout: number;
}

/** What was asked for. */
export interface JobOptions extends FileOptions {
  /** Undefined for the digits. */
  readonly data: DataOptions | undefined;
  readonly compress: string;
  readonly feedback: FeedbackKind | undefined;
  readonly group: Grouping;
  readonly epochs: number;
  readonly batch: number;
  readonly rate: number;
  readonly seed: number;
  /** Undefined for one worker alone. */
  readonly crew: CrewOptions | undefined;
}

function placeOf({ listen, hub, nats }: TrainValues): Place {
  const given = [listen, hub, nats].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new UsageError('--workers needs one of --listen HOST:PORT, --hub HOST:PORT, --nats ADDRESS');
  if (listen !== undefined) return { kind: 'listen', ...parseHost('listen', listen) };
  if (hub !== undefined) return parseMeeting(`hub://${hub.replace(/^hub:\/\//, '')}`);
  const place = parseMeeting(nats!);
  if (place.kind !== 'nats') throw new UsageError(`--nats must be an address such as nats://host:4222, got ${nats}`);
  return place;
}

function jobName({ job, data }: TrainValues): string {
  if (job !== undefined || data === undefined) return checkedJobName(job ?? 'digits');
  return basename(data)
    .replace(/[^\w-]/g, '-')
    .slice(0, 64);
}

/** Milliseconds of `--round-timeout`, which is in seconds: 10 of them by default. @throws {UsageError} */
export function roundTimeoutOf(text: string | undefined): number {
  return 1000 * (realNumber('round-timeout', text, { above: true }) ?? 10);
}

function crewOptions(values: TrainValues): CrewOptions | undefined {
  const workers = wholeNumber('workers', values.workers);
  if (workers === undefined) return undefined;
  const quorum = wholeNumber('quorum', values.quorum);
  if (quorum !== undefined && quorum > workers) {
    throw new UsageError(`--quorum must be at most --workers, got ${quorum} of ${workers}`);
  }
  const roundTimeout = roundTimeoutOf(values['round-timeout']);
  return { workers, place: placeOf(values), job: jobName(values), quorum, roundTimeout };
}

function groupOf(text = 'layer'): Grouping {
  if (text === 'layer' || text === 'global') return text;
  if (/^[1-9]\d{0,8}$/.test(text)) return { bucket: Number(text) };
  throw new UsageError(`--group must be layer, global or a number of entries, got ${text}`);
}

/** @throws {UsageError} */
export function jobOptions(values: TrainValues): JobOptions {
  const crew = crewOptions(values);
  const { compress = [crew === undefined ? 'none' : 'top-k:1%@float16'] } = values;
  if (compress.length > 1) throw new UsageError('a job has one --compress; several are for --data without --workers');
  const feedback = oneOf('feedback', values.feedback, feedbackKinds);
  const batch = wholeNumber('batch', values.batch) ?? 32;
  if (crew !== undefined && batch < crew.workers) {
    throw new UsageError(`--batch must be at least --workers, got ${batch} for ${crew.workers}`);
  }
  return {
    ...fileOptions(values, 'bytes'),
    data: values.data === undefined ? undefined : dataOptions(values),
    compress: compressorName(compress[0]!),
    feedback,
    group: groupOf(values.group),
    epochs: wholeNumber('epochs', values.epochs) ?? (values.data === undefined ? 10 : 1),
    batch,
    rate: realNumber('rate', values.rate, { above: true }) ?? (feedback === 'dgc' ? 0.05 : 0.4),
    seed: wholeNumber('seed', values.seed, 0) ?? 0,
    crew,
  };
}
