/** An experiment: a claim of a paper in plain words, a number that tests it, and the bar that the number must pass. */
import type { Figure } from './figure.js';

/** Where a claim comes from. */
export interface Paper {
  readonly title: string;
  readonly url?: string;
}

/** The measured number holds the claim where it is at least, or at most, this. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number };

/** The unit of `measured`, `baseline` and the bar: with `'%'` they are percent, 98.2 and not 0.982; `'x'` is a factor. */
export type Unit = '%' | 's' | 'ms' | 'x' | '';

/** What the command hands to a running experiment. */
export interface Context {
  /** The seed of all its random numbers. */
  readonly seed: number;
  /** Whether the person asked for the long form. */
  readonly full: boolean;
  /** Aborts when the person presses Ctrl-C. */
  readonly signal: AbortSignal;
  /** Path of a file or folder of the data folder; throws if it is not there. */
  data(name: string): string;
  /** Shows how far it is, 0 to 1. Await it in long loops: that lets Ctrl-C in, which computing alone does not. */
  progress(fraction: number, note?: string): Promise<void>;
  /** Shows a line of text, and keeps it for the report. */
  log(text: string): void;
}

/** What an experiment found. */
export interface Outcome {
  readonly measured: number;
  readonly baseline?: number;
  readonly figures?: readonly Figure[];
  /** Sentences for the report. */
  readonly notes?: readonly string[];
}

/** An experiment as data, and the function that runs it. Whether the claim holds is computed from `measured` and `bar`. */
export interface Experiment {
  /** Group and name in kebab-case: `'sorting/accuracy'`. */
  readonly id: string;
  readonly paper?: Paper;
  /** One sentence in plain words. */
  readonly claim: string;
  /** What the number is. */
  readonly measures: string;
  readonly unit?: Unit;
  /** What the baseline is. */
  readonly baseline: string;
  readonly bar: Bar;
  /** Takes long: only with `--full`. */
  readonly full?: boolean;
  /** A file or folder of the data folder; where it is missing, the experiment is left out. */
  readonly needs?: string;
  /** How to get what it needs, in a sentence. */
  readonly needsFrom?: string;
  run(context: Context): Promise<Outcome>;
}

const idForm = /^[a-z0-9]+(-[a-z0-9]+)*\/[a-z0-9]+(-[a-z0-9]+)*$/;
const units: readonly unknown[] = ['%', 's', 'ms', 'x', '', undefined];

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.trim() !== '';
}

function isBar(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const entries = Object.entries(value);
  return entries.length === 1 && entries.every(([key, n]) => /^at(Least|Most)$/.test(key) && Number.isFinite(n));
}

/** What is wrong with a declaration, in sentences without their subject; empty if nothing is. */
export function faults(experiment: Experiment): string[] {
  const found: string[] = [];
  const { id, paper, unit, bar, needs, needsFrom } = experiment;
  if (!idForm.test(id)) found.push(`id must be kebab-case with one slash, as 'sorting/accuracy', got ${describe(id)}`);
  for (const name of ['claim', 'measures', 'baseline'] as const) {
    if (!isText(experiment[name])) found.push(`${name} must be a text, got ${describe(experiment[name])}`);
  }
  if (!isBar(bar)) found.push(`bar must be { atLeast } or { atMost } with a finite number, got ${describe(bar)}`);
  if (!units.includes(unit)) found.push(`unit must be one of '%', 's', 'ms', 'x' and '', got ${describe(unit)}`);
  if (paper !== undefined && !isText(paper?.title)) found.push('paper needs a title');
  if (paper?.url !== undefined && !/^https?:/.test(paper.url))
    found.push(`paper.url must be a web address, got ${describe(paper.url)}`);
  if (needs !== undefined && !isText(needs))
    found.push(`needs must be a path in the data folder, got ${describe(needs)}`);
  if (needsFrom !== undefined && needs === undefined)
    found.push('needsFrom says how to get what needs names, which is missing');
  if (typeof experiment.run !== 'function') found.push(`run must be a function, got ${describe(experiment.run)}`);
  return found;
}

/** A value as an error message shows it. */
export function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return `{ ${Object.entries(value)
      .map(([key, part]) => `${key}: ${part}`)
      .join(', ')} }`;
  }
  return typeof value === 'string' ? `'${value}'` : String(value);
}
