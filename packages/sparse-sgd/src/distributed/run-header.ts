/** Where a distributed run stands, as the text that goes with its arrays. */
import { FormatError } from '@saccade/tensor';
import { type FeedbackKind, feedbackKinds } from './settings.js';

/** The text. */
export interface RunHeader {
  /** Turns done, those that moved nothing included. */
  readonly turns: number;
  /** Steps of the optimizer. */
  readonly steps: number;
  /** Who took part in the last turn. */
  readonly ranks: readonly number[];
  readonly feedback: FeedbackKind;
  readonly memoryOf: 'gradient' | 'step';
  /** Rate of the next step. */
  readonly rate: number;
  /** What must be the same on all workers of a job, as text. */
  readonly layout: string;
}

const key = 'saccade_distributed';
const version = '1';

/** As metadata of safetensors. */
export function headerMetadata(header: object): Record<string, string> {
  return { [key]: version, run: JSON.stringify(header) };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** @throws {FormatError} for metadata that are none */
export function parseHeader(what: string, metadata: Readonly<Record<string, string>>): RunHeader {
  if (metadata[key] !== version) {
    throw new FormatError(`${what}: holds no distributed run of this version (${key} ${metadata[key]})`);
  }
  let header: Partial<RunHeader> | null;
  try {
    header = JSON.parse(metadata.run ?? 'null') as Partial<RunHeader> | null;
  } catch (cause) {
    throw new FormatError(`${what}: its header is no JSON`, { cause });
  }
  const { turns, steps, ranks, feedback, memoryOf, rate, layout } = header ?? {};
  const valid =
    isCount(turns) &&
    isCount(steps) &&
    Array.isArray(ranks) &&
    ranks.every(isCount) &&
    feedbackKinds.includes(feedback!) &&
    (memoryOf === 'gradient' || memoryOf === 'step') &&
    Number.isFinite(rate) &&
    typeof layout === 'string';
  if (!valid) throw new FormatError(`${what}: its header is damaged`);
  return header as RunHeader;
}
