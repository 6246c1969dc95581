/** Finds where a loss that is NaN or infinite began. */
import { all, dispose, isfinite, keep, SaccadeError, scope, type Tensor, tensorsOf } from '@saccade/tensor';
import type { AnyModule } from '../module.js';

/** A loss or gradient became NaN or infinite. The parameters are as they were before that step. */
export class NonFiniteError extends SaccadeError {
  /** Steps done before, over all epochs. */
  readonly step: number;
  /** Name of the module, parameter or input where it began; undefined for the loss function itself. */
  readonly where: string | undefined;

  constructor(message: string, step: number, where: string | undefined) {
    super('non-finite', message);
    this.step = step;
    this.where = where;
  }
}

async function allFinite(t: Tensor): Promise<boolean> {
  if (t.dtype !== 'float32' && t.dtype !== 'float64') return true;
  return scope(async () => (await all(isfinite(t)).data<'bool'>())[0] === 1);
}

/** The name of the first tensor with a value that is not finite. */
export async function firstNonFinite(named: Iterable<readonly [string, Tensor]>): Promise<string | undefined> {
  for (const [name, t] of named) if (!(await allFinite(t))) return name;
  return undefined;
}

/** Looks for the first thing that is not finite: batch, parameters, then the layers in the order in which they run, inner ones first. */
export async function explainLoss(
  model: AnyModule,
  batch: object,
  loss: () => unknown,
): Promise<{ readonly text: string; readonly where: string | undefined }> {
  const inputs = Object.entries(batch).flatMap(([name, part]) => tensorsOf(part).map((t) => [name, t] as const));
  const input = await firstNonFinite(inputs);
  if (input !== undefined) return { text: `the batch holds values in '${input}' that are not finite`, where: input };
  const parameter = await firstNonFinite([...model.parameters(), ...model.buffers()]);
  if (parameter !== undefined) return { text: `'${parameter}' holds values that are not finite`, where: parameter };
  const layer = await firstBadLayer(model, loss);
  if (layer === undefined)
    return { text: 'all layers gave finite values, so it began in the loss function itself', where: undefined };
  const name = layer.path === '' ? 'the model itself' : `layer '${layer.path}'`;
  return { text: `it began in ${name} (${layer.kind})`, where: layer.path };
}

interface Seen {
  readonly path: string;
  readonly kind: string;
  readonly finite: readonly Tensor[];
}

/** Runs the loss once more, with every module's result looked at as it comes. */
async function firstBadLayer(model: AnyModule, loss: () => unknown): Promise<Seen | undefined> {
  const watched = [...model.modules()].map(([path, module]) => {
    // A module may have its forward as a property of its own.
    return { path, module: module as unknown as Watched, own: Object.getOwnPropertyDescriptor(module, 'forward') };
  });
  return scope(async () => {
    const seen: Seen[] = [];
    for (const { path, module } of watched) {
      const { forward } = module;
      module.forward = (...inputs) => {
        const result = forward.apply(module, inputs);
        const floats = tensorsOf(result).filter((t) => t.dtype === 'float32' || t.dtype === 'float64');
        seen.push({
          path,
          kind: module.constructor.name,
          finite: keep(scope(() => floats.map((t) => all(isfinite(t))))),
        });
        return result;
      };
    }
    try {
      loss();
      for (const one of seen) {
        for (const t of one.finite) if ((await t.data<'bool'>())[0] !== 1) return one;
      }
      return undefined;
    } finally {
      for (const { module, own } of watched) {
        delete (module as Partial<Watched>).forward;
        if (own !== undefined) Object.defineProperty(module, 'forward', own);
      }
      dispose(seen);
    }
  });
}

interface Watched {
  forward(...inputs: unknown[]): unknown;
}
