/** What a check point of a job says beside its arrays: the settings, and the curve so far. */
import { decodeSafetensors, FormatError, OptionError } from '@saccade/tensor';
import type { LossPoint } from '../pictures/loss-series.js';
import { decodeSettings, encodeSettings, type JobSettings } from './job-settings.js';

/** Where the notes are in the metadata. */
export const jobKey = 'sparse_sgd_job';

/** The notes. */
export interface JobNotes {
  readonly settings: JobSettings;
  /** The points of the worker that saves. */
  readonly points: readonly LossPoint[];
}

function isPoint(value: unknown): value is LossPoint {
  const { step, bits, bytes, loss } = Object(value) as LossPoint;
  return [step, bits, bytes, loss].every(Number.isFinite);
}

/** @throws {FormatError} for text that is none */
export function readJobNotes(what: string, text: string | undefined): JobNotes {
  let found: { readonly settings?: unknown; readonly points?: unknown };
  try {
    found = Object(JSON.parse(text ?? ''));
  } catch (cause) {
    throw new FormatError(`${what}: was not written by sparse-sgd train: it has no notes of the job`, { cause });
  }
  const settings = decodeSettings(new TextEncoder().encode(JSON.stringify(found.settings ?? null)));
  if (!Array.isArray(found.points) || !found.points.every(isPoint)) {
    throw new FormatError(`${what}: its notes of the job are damaged`);
  }
  return { settings, points: found.points };
}

/** As metadata of a check point. */
export function jobMetadata({ settings, points }: JobNotes): Record<string, string> {
  const own = JSON.parse(new TextDecoder().decode(encodeSettings(settings))) as object;
  return { [jobKey]: JSON.stringify({ settings: own, points }) };
}

/** The notes of a check point that is to be gone on with. @throws {OptionError} if the order of its examples was another @throws {FormatError} */
export function resumableNotes(what: string, bytes: Uint8Array, now: JobSettings): JobNotes {
  const notes = readJobNotes(what, decodeSafetensors(bytes, what).metadata[jobKey]);
  for (const name of ['batch', 'seed'] as const) {
    if (notes.settings[name] === now[name]) continue;
    throw new OptionError(`${what} is of a run with --${name} ${notes.settings[name]}, got ${now[name]}`);
  }
  if (JSON.stringify(notes.settings.task) !== JSON.stringify(now.task)) {
    throw new OptionError(`${what} is of a run on other data`);
  }
  return notes;
}
