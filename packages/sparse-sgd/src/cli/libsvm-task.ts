/** The task of a linear model on rows of a libsvm file, which every worker has. */
import { binaryCrossEntropy, crossEntropy, inference, Linear } from '@saccade/nn';
import { add, cast, mul, OptionError, Rng, reshape, sum, type Tensor, tensor, zeros } from '@saccade/tensor';
import { type LinearData, type LinearRows, linearRows } from '../training/linear-data.js';
import type { LibsvmTaskSettings } from './job-settings.js';
import { rightOf, type Score, type Task } from './task.js';

/** Rows of which a batch is made dense at a time, for the score. */
const piece = 256;

/** What workers must agree on, from the file of the one who begins the job. */
export async function libsvmSettings(
  data: LinearData,
  {
    loss,
    positive,
    lambda,
    unitRows,
  }: Pick<LibsvmTaskSettings, 'positive' | 'unitRows'> & {
    readonly loss: 'logistic' | 'softmax';
    readonly lambda: number | undefined;
  },
): Promise<LibsvmTaskSettings> {
  const { count: rows, features, classes } = await linearRows('train', data, { loss, positive });
  return { kind: 'libsvm', rows, features, classes, positive, unitRows, lambda: lambda ?? 1 / rows };
}

/** Some rows as a dense matrix, [rows, features]. */
function denseRows({ features, rowStart, columns, values }: LinearRows, rows: Int32Array): Tensor {
  const dense = new Float32Array(rows.length * features);
  for (const [i, row] of rows.entries()) {
    for (let e = rowStart![row]!; e < rowStart![row + 1]!; e++) dense[i * features + columns[e]!] = values[e]!;
  }
  return tensor(dense, { shape: [rows.length, features] }) as Tensor;
}

function labelsOf({ labels, classes }: LinearRows, rows: Int32Array): Tensor {
  const own = Int32Array.from(rows, (row) => (classes === 1 ? Number(labels[row]! > 0) : labels[row]!));
  return tensor(own) as unknown as Tensor;
}

/** The model with its weight at 0, and its mean loss without the regularizer. */
class LinearModel extends Linear {
  constructor(features: number, classes: number) {
    super(features, classes, { rng: new Rng(0), bias: false, initializer: (shape) => zeros(shape) });
  }

  lossOf(rows: LinearRows, chosen: Int32Array): Tensor {
    const scores = this.forward(denseRows(rows, chosen));
    const labels = labelsOf(rows, chosen);
    if (rows.classes > 1) return crossEntropy(scores, labels) as Tensor;
    return binaryCrossEntropy(reshape(scores, [chosen.length]), cast(labels, 'float32') as Tensor);
  }

  /** Share of rows that it tells right; a logit of exactly 0 counts as the positive label. */
  async rightOf(rows: LinearRows, chosen: Int32Array): Promise<number> {
    const scores = this.forward(denseRows(rows, chosen));
    if (rows.classes > 1) return rightOf(scores, labelsOf(rows, chosen));
    const logits = await scores.data();
    return chosen.filter((row, i) => (logits[i]! >= 0 ? 1 : -1) === rows.labels[row]).length / chosen.length;
  }
}

async function scoreOn(model: LinearModel, rows: LinearRows): Promise<Score> {
  let [loss, right] = [0, 0];
  for (let from = 0; from < rows.count; from += piece) {
    const chosen = Int32Array.from({ length: Math.min(piece, rows.count - from) }, (_, i) => from + i);
    await inference(model, async () => {
      loss += chosen.length * (await model.lossOf(rows, chosen).data())[0]!;
      right += chosen.length * (await model.rightOf(rows, chosen));
    });
  }
  return { loss: loss / rows.count, accuracy: right / rows.count, examples: rows.count };
}

/** The task. @param test default: the rows to learn from @throws {OptionError} for a file unlike that of the job */
export async function libsvmTask(
  settings: LibsvmTaskSettings,
  data: LinearData,
  test: LinearData | undefined,
): Promise<Task> {
  const { rows: count, features, classes, positive, lambda } = settings;
  const read = (some: LinearData): Promise<LinearRows> =>
    linearRows(
      'train',
      some,
      { loss: classes > 1 ? 'softmax' : 'logistic', positive },
      classes > 1 ? classes : undefined,
    );
  const rows = await read(data);
  if (rows.count !== count || rows.features !== features) {
    throw new OptionError(
      `the job is on ${count} rows of ${features} features, the file has ${rows.count} of ${rows.features}`,
    );
  }
  const held = test && (await read(test));
  const model = new LinearModel(features, classes);
  return {
    ...{ model, examples: count, tested: held === undefined ? 'rows' : 'test rows' },
    loss: (chosen) => {
      const squares = sum(mul(model.weight, model.weight));
      return add(model.lossOf(rows, chosen), mul(squares, lambda / 2)) as Tensor;
    },
    score: () => scoreOn(model, held ?? rows),
  };
}
