/** Means of metrics over a data set. */
import { checkOptions, isTensor, OptionError, quote, scope, type Tensor } from '@saccade/tensor';
import type { Batches } from '../batches.js';
import { requireModule } from '../check.js';
import { inference } from '../inference.js';
import type { AnyModule } from '../module.js';

/** Metrics of a batch by name: each gives the mean over its examples, as one number. */
export type Metrics<B extends object> = Readonly<Record<string, (batch: B) => Tensor | number>>;

/**
 * The mean of each metric over all examples, with the model in evaluation mode:
 * `await evaluate(model, data, { accuracy: ({ x, y }) => accuracy(model.forward(x), y) })`.
 * @throws {OptionError} for a metric that is no function or gives more than one number
 */
export async function evaluate<B extends object, M extends Metrics<B>>(
  model: AnyModule,
  data: Batches<B>,
  metrics: M,
  options: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ [Name in keyof M]: number }> {
  requireModule('evaluate', model);
  checkOptions('evaluate', options, ['signal']);
  if (typeof data?.epoch !== 'function') throw new OptionError(`evaluate: expected batches(…), got ${quote(data)}`);
  const names = Object.keys(Object(metrics));
  for (const name of names) {
    if (typeof metrics[name] !== 'function') {
      throw new OptionError(`evaluate: metric '${name}' must be a function, got ${quote(metrics[name])}`);
    }
  }
  const totals = names.map(() => 0);
  let examples = 0;
  let step = 0;
  for await (const batch of data.epoch(0, options)) {
    const count = data.count(step++);
    const values = await scope(() => {
      // The model is in evaluation mode only while nothing else can run.
      const results = inference(model, () => Object.values(metrics).map((metric) => metric(batch)));
      return Promise.all(results.map((result, i) => numberOf(names[i] as string, result)));
    });
    values.forEach((value, i) => {
      totals[i] = (totals[i] as number) + value * count;
    });
    examples += count;
  }
  return Object.fromEntries(names.map((name, i) => [name, (totals[i] as number) / examples])) as {
    [Name in keyof M]: number;
  };
}

async function numberOf(name: string, result: unknown): Promise<number> {
  const value = isTensor(result) && result.size === 1 ? (await result.data())[0] : result;
  if (typeof value !== 'number') throw new OptionError(`evaluate: metric '${name}' must give one number`);
  return value;
}
