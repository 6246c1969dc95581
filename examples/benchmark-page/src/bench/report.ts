/** What a run found; plain data, so that it can be written as JSON. */
import type { Entrant, TorchCase } from './case.js';
import type { Timing } from './turns.js';

/** A GPU as one of its interfaces names it. */
export interface Adapter {
  readonly api: string;
  readonly name: string;
  /** Whether the CPU plays it. */
  readonly software: boolean;
}

export interface CaseResult {
  readonly name: string;
  readonly operations: number | undefined;
  readonly torch: TorchCase;
  readonly times: Partial<Record<Entrant, Timing>>;
  /** Largest difference to ours on the CPU, relative to the largest value. */
  readonly errors: Partial<Record<Entrant, number>>;
  /** Who failed or gave another result, and how. */
  readonly problems: readonly string[];
  /** Our kernels that the CPU computed in a GPU's place. */
  readonly fallbacks: readonly string[];
}

export interface Report {
  /** Day and time, in UTC. */
  readonly date: string;
  /** Browser or other host, and its system. */
  readonly host: string;
  readonly adapters: readonly Adapter[];
  /** Threads of ours on the CPU. */
  readonly threads: number;
  /** Small sizes and few turns: shows that all runs. */
  readonly quick: boolean;
  readonly versions: Readonly<Record<string, string>>;
  /** Who could not take part, and why. */
  readonly missing: readonly string[];
  readonly cases: readonly CaseResult[];
  /** Whether somebody stopped it before its end. */
  readonly stopped: boolean;
}
