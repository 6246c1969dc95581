/** One step of training: loss, gradients, and the move, if all of it is finite. */
import { dispose, scope, type Tensor } from '@saccade/tensor';
import type { AnyModule } from '../module.js';
import { globalNorm } from '../optimizers/clip.js';
import { type FitOptions, lossIn } from './fit-options.js';
import { movingParts } from './moving-parts.js';
import { explainLoss, firstNonFinite, NonFiniteError } from './non-finite.js';

/** What a step came to. */
export interface StepResult {
  readonly loss: number;
  /** Length of all gradients together, before any clipping. */
  readonly gradientNorm: number;
  readonly rate: number;
}

async function numberIn(t: Tensor): Promise<number> {
  return (await t.data())[0] as number;
}

/**
 * A function that does one step on a batch; `place` says in errors which step it is. If anything fails before parameters
 * move, buffers and random streams are as they were, too.
 */
export function stepper<B extends object>(
  model: AnyModule,
  { optimizer, average, loss }: FitOptions<B>,
): (batch: B, place: string) => Promise<StepResult> {
  const remember = movingParts(model);

  async function requireFinite(batch: B, value: number, place: string): Promise<void> {
    if (Number.isFinite(value)) return;
    const { text, where } = await explainLoss(model, batch, () => loss(batch));
    throw new NonFiniteError(`fit: the loss is ${value} at ${place}: ${text}`, optimizer.steps, where);
  }

  /** A norm that overflowed is no gradient that did. */
  async function requireFiniteGradients(
    gradients: ReadonlyMap<string, Tensor>,
    norm: number,
    place: string,
  ): Promise<void> {
    const bad = Number.isFinite(norm) ? undefined : await firstNonFinite(gradients);
    if (bad === undefined) return;
    const message = `fit: the gradient by '${bad}' is not finite at ${place}, though the loss is`;
    throw new NonFiniteError(message, optimizer.steps, bad);
  }

  return (batch, place) =>
    scope(async () => {
      const restore = remember();
      try {
        const { value, gradients } = optimizer.gradients(() => loss(batch));
        const norm = globalNorm(gradients.values());
        const [lossValue, gradientNorm] = await Promise.all([numberIn(lossIn(value)), numberIn(norm)]);
        if (!Number.isFinite(lossValue)) restore(); // the search runs the loss again
        await requireFinite(batch, lossValue, place);
        await requireFiniteGradients(gradients, gradientNorm, place);
        const { rate } = optimizer;
        await optimizer.step(gradients);
        average?.update();
        // In browsers a scope that lies in another one frees only with that one.
        dispose([gradients, norm]);
        return { loss: lossValue, gradientNorm, rate };
      } catch (error) {
        restore();
        throw error;
      }
    });
}
