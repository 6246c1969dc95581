/** A trained model with ordinary heads, which several claims begin with; trained once for each seed. */
import type { Context } from '@saccade/lab';
import { Rng } from '@saccade/tensor';
import { give } from './give.js';
import { OrdinaryAttention } from './ordinary-attention.js';
import { HEADS, RecallModel, train, WIDTH } from './recall-model.js';

/** Key dimensions of all heads. */
export const KEY_DIM = 64;
const STEPS = 400;

const trained = new Map<number, ReadonlyMap<string, Float32Array>>();

/** A model of its own for each call. */
export async function trainedModel(
  context: Context,
): Promise<{ readonly model: RecallModel; readonly attention: OrdinaryAttention }> {
  const { seed, signal, progress } = context;
  const rng = new Rng(seed);
  const attention = new OrdinaryAttention(WIDTH, HEADS, KEY_DIM, rng);
  const model = new RecallModel(attention, rng);
  const known = trained.get(seed);
  if (known === undefined) {
    await train(model, {
      ...{ steps: STEPS, rate: 3e-3, seed, signal },
      onStep: (done, loss) => progress(0.7 * done, `training ordinary heads, loss ${loss.toFixed(3)}`),
    });
    const state = Array.from(model.parameters(), ([name, t]) => [name, t.dataSync<'float32'>().slice()] as const);
    trained.set(seed, new Map(state));
  } else {
    for (const [name, t] of model.parameters()) give(t, known.get(name) as Float32Array);
  }
  return { model, attention };
}
