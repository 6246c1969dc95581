/** Check points: everything that a training run needs to go on bit for bit, in one safetensors file. */
import { dispose, FormatError, keep, OptionError, type Rng, type RngState, scope, type Tensor } from '@saccade/tensor';
import type { AnyModule } from '../module.js';
import type { ExponentialAverage } from '../optimizers/exponential-average.js';
import type { Optimizer } from '../optimizers/optimizer.js';
import { type CheckpointTarget, loadFrom, saveTo } from './checkpoint-store.js';
import { parseState, type TrainingState } from './training-state.js';

/** What is stored and set back. */
export interface Trained {
  readonly model: AnyModule;
  readonly optimizer: Optimizer;
  readonly average: ExponentialAverage | undefined;
  /** `Batches.identity` of the training data. */
  readonly data: string;
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
  const header: Header = { optimizer: optimizer.constructor.name, steps: optimizer.steps, data, generators, state };
  await scope(async () => {
    const tensors = new Map<string, Tensor>([
      ...prefixed('model', model.stateDict()),
      ...prefixed('optimizer', optimizer.state()),
      ...prefixed('average', average?.state() ?? new Map()),
      ...prefixed('best', best ?? new Map()),
    ]);
    await saveTo(target, tensors, { saccade_checkpoint: version, run: JSON.stringify(header) });
  });
}

/**
 * Sets everything back to the check point and returns where the run stood; undefined if there is none.
 * @throws {FormatError} for a damaged one @throws {OptionError} for one of another optimizer or other data
 * @throws {StateDictError} for one of another model
 */
export async function loadCheckpoint(target: CheckpointTarget, trained: Trained): Promise<TrainingState | undefined> {
  const loaded = await loadFrom(target);
  if (loaded === undefined) return undefined;
  const what = typeof target === 'string' ? `check point ${target}` : 'check point';
  try {
    const header = parseHeader(what, loaded.metadata);
    const state = parseState(header.state, what);
    requireSame(what, header, trained);
    const { model, optimizer, average } = trained;
    const places = placesOf(what, model, header.generators);
    model.loadStateDict(part('model', loaded.tensors));
    optimizer.loadState(part('optimizer', loaded.tensors), header.steps);
    average?.loadState(part('average', loaded.tensors));
    for (const [rng, place] of places) rng.state = place;
    const best = part('best', loaded.tensors);
    trained.best =
      best.size === 0 ? undefined : keep(new Map(Array.from(best, ([name, t]) => [name, t.reshape(t.shape)])));
    return state;
  } finally {
    dispose(loaded.tensors);
  }
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

/** @throws {OptionError} if the check point goes with other data or another optimizer */
function requireSame(what: string, { optimizer, data }: Header, trained: Trained): void {
  const own = trained.optimizer.constructor.name;
  if (optimizer === own && data === trained.data) return;
  throw new OptionError(
    `${what} is of a run with ${optimizer} on ${data}, this one has ${own} on ${trained.data}; ` +
      'give this run another path, or pass resume: false to begin anew',
  );
}

/** The model's generators and where they stood. Rng checks the places when they are set. */
function placesOf(what: string, model: AnyModule, stored: Header['generators']): (readonly [Rng, RngState])[] {
  return Array.from(model.generators(), ([name, rng]) => {
    const place = stored[name];
    if (typeof place !== 'object' || place === null)
      throw new FormatError(`${what}: has no place of the generator '${name}'`);
    return [rng, place] as const;
  });
}
