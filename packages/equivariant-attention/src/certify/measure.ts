/** The numeric part of a certificate: |f(T x) - T f(x)| / |f|, element by element and layer by layer, of any function. */
import { breather } from '@saccade/nn';
import { crop, Rng, scope, type Tensor } from '@saccade/tensor';
import type { Group } from '../groups/group.js';
import { elementsIn } from '../layers/elements-in.js';
import { type Action, actionOf, applyAction } from './actions.js';
import { type Difference, difference, worse } from './difference.js';
import { noiseProbe, smoothProbe } from './probes.js';
import type { LayerState, Run } from './run-model.js';

/** What is done. */
export interface MeasureSpec {
  readonly group: Group;
  readonly elements: readonly number[];
  readonly inputAction: Action;
  /** Default: by the axes of the output. */
  readonly outputAction: Action | undefined;
  /** Of features that the model gives, if it is not the group that is asked about. */
  readonly outputGroup: Group | undefined;
  /** Inputs that were given, or what random ones are like. */
  readonly inputs: Tensor | { readonly shape: readonly number[]; readonly dtype: 'float32' | 'float64' };
  readonly samples: number;
  readonly seed: number;
  readonly interpolation: 'bilinear' | 'cubic';
  /** For elements that interpolate, the share of the way to the nearest edge within which outputs with pixels are compared. */
  readonly radius: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** What was found. */
export interface Measured {
  /** By element, in their order. */
  readonly elements: readonly Difference[];
  /** By layer, in order, each by element; undefined where a layer gives what no action is known of. The last is the output. */
  readonly layers: readonly { readonly layer: string; readonly elements: readonly (Difference | undefined)[] }[];
}

const op = 'certify';

/** Runs the model on every input and on what every element makes of it. @throws what the model throws for inputs that are not turned */
export async function measure(run: Run, spec: MeasureSpec): Promise<Measured> {
  const { group, elements, samples, signal, onProgress } = spec;
  const breathe = breather();
  const layers: { layer: string; elements: (Difference | undefined)[] }[] = [];
  const total = samples * elements.length;
  let done = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (const kind of [true, false]) {
      const own = elements.filter((h) => group.latticeElements.includes(h) === kind);
      if (own.length === 0) continue;
      await scope(async () => {
        const input = inputOf(spec, sample, kind);
        const plain = await run(input);
        for (const h of own) {
          await breathe();
          signal?.throwIfAborted();
          onProgress?.({ done, total });
          const found = await scope(() => compare(run, spec, h, input, plain));
          note(layers, plain, found, elements.indexOf(h), elements.length);
          done += 1;
        }
      });
    }
  }
  onProgress?.({ done, total });
  const output = layers.at(-1)?.elements ?? [];
  return { elements: output as readonly Difference[], layers };
}

/** Sample by sample: a given input, or a random one that suits the elements. */
function inputOf({ inputs, seed }: MeasureSpec, sample: number, onLattice: boolean): Tensor {
  if ('dtype' in inputs && !('device' in inputs)) {
    const rng = new Rng(seed).derive(2 * sample + (onLattice ? 0 : 1));
    return onLattice ? noiseProbe(rng, inputs) : smoothProbe(rng, inputs);
  }
  const { shape } = inputs as Tensor;
  const start = shape.map((_, axis) => (axis === 0 ? sample : 0));
  return crop(inputs as Tensor, start, [1, ...shape.slice(1)]);
}

/** One difference a layer. */
async function compare(
  run: Run,
  spec: MeasureSpec,
  element: number,
  input: Tensor,
  plain: readonly LayerState[],
): Promise<(Difference | undefined)[]> {
  const { group, inputAction, interpolation, signal } = spec;
  const turned = applyAction(op, inputAction, input, group, element, { interpolation });
  let states: readonly LayerState[];
  try {
    states = await run(turned);
  } catch (error) {
    signal?.throwIfAborted();
    const failure = `the turned input is refused: ${(error as Error)?.message ?? error}`;
    return plain.map(() => ({ error: Number.POSITIVE_INFINITY, nonFinite: 0, failure }));
  }
  const found: (Difference | undefined)[] = [];
  for (const [i, { state }] of states.entries()) {
    const before = plain[i];
    found.push(before && (await scope(() => compareStates(spec, element, state, before, i === plain.length - 1))));
  }
  return found;
}

async function compareStates(
  spec: MeasureSpec,
  element: number,
  state: Tensor,
  before: LayerState,
  last: boolean,
): Promise<Difference | undefined> {
  const { group, interpolation } = spec;
  const own = before.group ?? (last ? spec.outputGroup : undefined) ?? group;
  const action = (last ? spec.outputAction : undefined) ?? actionOf(before.state, own);
  // In another group the element may have another number, or none.
  const number = elementsIn(group, own)[element];
  if (action === undefined || (action === 'features' && number === undefined)) return undefined;
  const inOwn = action === 'features' ? { group: own, element: number as number } : { group, element };
  const onLattice = group.latticeElements.includes(element);
  const expected = applyAction(op, action, before.state, inOwn.group, inOwn.element, { interpolation });
  return difference(state, expected, onLattice || action === 'invariant' ? undefined : spec.radius);
}

/** Keeps the worst of each layer and element. */
function note(
  layers: { layer: string; elements: (Difference | undefined)[] }[],
  plain: readonly LayerState[],
  found: readonly (Difference | undefined)[],
  at: number,
  count: number,
): void {
  for (const [i, { layer }] of plain.entries()) {
    layers[i] ??= { layer, elements: new Array<Difference | undefined>(count).fill(undefined) };
    const [old, added] = [layers[i].elements[at], found[i]];
    layers[i].elements[at] = old && added ? worse(old, added) : (added ?? old);
  }
}
