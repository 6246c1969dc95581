/** Check points: everything that a training run needs to go on bit for bit, in one safetensors file. */
import {
  dispose,
  FormatError,
  keep,
  type LoadedSafetensors,
  OptionError,
  Rng,
  type RngState,
  scope,
  type Tensor,
} from '@saccade/tensor';
import { requireAll } from '../assign-all.js';
import type { Batches } from '../batches.js';
import type { AnyModule } from '../module.js';
import type { ExponentialAverage } from '../optimizers/exponential-average.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { requireStateDict } from '../state-dict.js';
import { type CheckpointTarget, readCheckpoint, writeCheckpoint } from './checkpoint-store.js';
import { jsonNumber, parseState, type TrainingState } from './training-state.js';

/** What is stored and set back. */
export interface Trained {
  readonly model: AnyModule;
  readonly optimizer: Optimizer;
  readonly average: ExponentialAverage | undefined;
  readonly data: Pick<Batches<object>, 'identity' | 'steps'>;
  /** State dict of the best epoch so far. */
  best: ReadonlyMap<string, Tensor> | undefined;
}

interface Header {
  readonly optimizer: string;
  readonly steps: number;
  readonly data: string;
  readonly generators: Readonly<Record<string, RngState>>;
  readonly state: unknown;
}

/** The version of the format. */
const version = '1';

/** Writes a check point, whole or not at all. @throws {SaccadeError} with code `io` if it cannot be written */
export async function saveCheckpoint(target: CheckpointTarget, trained: Trained, state: TrainingState): Promise<void> {
  const { model, optimizer, average, best, data } = trained;
  const generators = Object.fromEntries(Array.from(model.generators(), ([name, rng]) => [name, rng.state]));
  const header: Header = {
    optimizer: kindOf(optimizer),
    steps: optimizer.steps,
    data: data.identity,
    generators,
    state,
  };
  await scope(async () => {
    const tensors = new Map<string, Tensor>([
      ...prefixed('model', model.stateDict()),
      ...prefixed('optimizer', optimizer.state()),
      ...prefixed('average', average?.state() ?? new Map()),
      ...prefixed('best', best ?? new Map()),
    ]);
    await writeCheckpoint(target, tensors, { saccade_checkpoint: version, run: JSON.stringify(header, jsonNumber) });
  });
}

/**
 * Sets everything back to the check point and returns where the run stood; undefined if there is none.
 * @throws {FormatError} for a damaged one @throws {OptionError} for one of another optimizer or other data
 * @throws {StateDictError} for one of another model
 */
export function loadCheckpoint(target: CheckpointTarget, trained: Trained): Promise<TrainingState | undefined> {
  // In browsers what is loaded would otherwise belong to whatever else runs, which may end first.
  return scope(async () => {
    const [first] = trained.model.parameters().values();
    const loaded = await readCheckpoint(target, { device: first?.device });
    if (loaded === undefined) return undefined;
    try {
      return takeOver(typeof target === 'string' ? `check point ${target}` : 'check point', loaded, trained);
    } finally {
      dispose(loaded.tensors);
    }
  });
}

/** All is checked before anything is changed. */
function takeOver(what: string, { tensors, metadata }: LoadedSafetensors, trained: Trained): TrainingState {
  const header = parseHeader(what, metadata);
  const state = parseState(header.state, what);
  requireSame(what, header, trained);
  const { model, optimizer, average, data } = trained;
  if (state.step > data.steps) throw new FormatError(`${what}: stands at step ${state.step} of ${data.steps}`);
  if (state.best !== undefined && state.best.epoch >= state.epoch) {
    throw new FormatError(`${what}: its best epoch, ${state.best.epoch}, is still to come`);
  }
  const places = placesOf(what, model, header.generators);
  const weights = part('model', tensors);
  const memory = part('optimizer', tensors);
  const averages = part('average', tensors);
  const best = part('best', tensors);
  requireStateDict(`${what} (model)`, model, weights);
  if (best.size > 0) requireStateDict(`${what} (best epoch)`, model, best);
  requireAll(`${what} (optimizer)`, optimizer.state(), memory);
  if (average !== undefined) requireAll(`${what} (average)`, average.state(), averages);
  model.loadStateDict(weights);
  optimizer.loadState(memory, header.steps);
  average?.loadState(averages);
  for (const [rng, place] of places) rng.state = place;
  trained.best =
    best.size === 0 ? undefined : keep(new Map(Array.from(best, ([name, t]) => [name, t.reshape(t.shape)])));
  return state;
}

function* prefixed(prefix: string, tensors: ReadonlyMap<string, Tensor>): Generator<[string, Tensor]> {
  for (const [name, t] of tensors) yield [`${prefix}.${name}`, t];
}

function part(prefix: string, tensors: ReadonlyMap<string, Tensor>): Map<string, Tensor> {
  const start = `${prefix}.`;
  return new Map(
    [...tensors].filter(([name]) => name.startsWith(start)).map(([name, t]) => [name.slice(start.length), t]),
  );
}

function parseHeader(what: string, metadata: Readonly<Record<string, string>>): Header {
  if (metadata.saccade_checkpoint !== version) {
    throw new FormatError(
      `${what}: is no check point of this version of fit (saccade_checkpoint ${metadata.saccade_checkpoint})`,
    );
  }
  let header: Partial<Header> | null;
  try {
    header = JSON.parse(metadata.run ?? 'null') as Partial<Header> | null;
  } catch (cause) {
    throw new FormatError(`${what}: its training state is no JSON`, { cause });
  }
  const { optimizer, steps, data, generators } = header ?? {};
  const valid =
    typeof optimizer === 'string' &&
    typeof data === 'string' &&
    Number.isSafeInteger(steps) &&
    (steps as number) >= 0 &&
    typeof generators === 'object' &&
    generators !== null;
  if (!valid) throw new FormatError(`${what}: its training state is damaged`);
  return header as Header;
}

/** What an optimizer remembers of each parameter tells its kind, whatever a minifier made of its name. */
function kindOf(optimizer: Optimizer): string {
  const slots = new Set(Array.from(optimizer.state().keys(), (name) => name.split('.')[0]));
  return slots.size === 0 ? 'nothing' : [...slots].join(' and ');
}

/** @throws {OptionError} if the check point goes with other data or another optimizer */
function requireSame(what: string, { optimizer, data }: Header, trained: Trained): void {
  const own = kindOf(trained.optimizer);
  if (optimizer === own && data === trained.data.identity) return;
  throw new OptionError(
    `${what} is of a run on ${data} whose optimizer remembers ${optimizer}; this one is on ${trained.data.identity} and ` +
      `remembers ${own}: give it another path, or pass resume: false to begin anew`,
  );
}

/** The model's generators and where they stood. */
function placesOf(what: string, model: AnyModule, stored: Header['generators']): (readonly [Rng, RngState])[] {
  return Array.from(model.generators(), ([name, rng]) => {
    const place = stored[name];
    try {
      new Rng(0).state = place as RngState; // refuses what cannot be one
    } catch (cause) {
      throw new FormatError(`${what}: the place of the generator '${name}' is missing or damaged`, { cause });
    }
    return [rng, place as RngState] as const;
  });
}
