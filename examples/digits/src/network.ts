/** A small convolutional network for handwritten digits, written with tensors alone, and its training by Adam. */
import * as t from '@saccade/tensor';

/** The weights by name. */
export type Parameters = Readonly<Record<'conv1' | 'bias1' | 'conv2' | 'bias2' | 'dense' | 'bias3', t.Tensor>>;

/** Weights as in He et al. 2015: normal, with variance 2 / inputs. */
function initialise(rng: t.Rng): Parameters {
  const weights = (shape: readonly number[]): t.Tensor =>
    rng.normal(shape, { deviation: Math.sqrt(2 / shape.slice(0, -1).reduce((a, b) => a * b)) });
  return t.keep({
    conv1: weights([3, 3, 1, 16]),
    bias1: t.zeros([16]),
    conv2: weights([3, 3, 16, 32]),
    bias2: t.zeros([32]),
    dense: weights([4 * 4 * 32, 10]),
    bias3: t.zeros([10]),
  });
}

/** Scores of the ten digits [batch, 10] for images [batch, 8, 8, 1]. */
export function logits(p: Parameters, images: t.Tensor): t.Tensor {
  const edges = t.conv2d(images, p.conv1, { bias: p.bias1, padding: 'same' }).relu();
  const strokes = t.conv2d(edges, p.conv2, { bias: p.bias2, padding: 'same' }).relu();
  return t.maxPool(strokes, { size: 2 }).flatten(1).matmul(p.dense).add(p.bias3);
}

/** Mean negative log-probability of the right digits. */
function crossEntropy(p: Parameters, images: t.Tensor, labels: t.Tensor): t.Tensor {
  const likelihood = t.takeAlong(t.logSoftmax(logits(p, images)), labels.expandDims(1));
  return likelihood.mean().neg();
}

/** Adam (Kingma and Ba 2015): steps along the running mean of gradients, scaled by the root of their running square. */
class Adam {
  readonly #parameters: Parameters;
  readonly #mean: Parameters;
  readonly #square: Parameters;
  #step = 0;

  constructor(parameters: Parameters) {
    this.#parameters = parameters;
    this.#mean = t.keep(t.mapTree(parameters, t.zerosLike));
    this.#square = t.keep(t.mapTree(parameters, t.zerosLike));
  }

  update(gradients: Parameters, rate: number): void {
    this.#step += 1;
    const scale = (rate * Math.sqrt(1 - 0.999 ** this.#step)) / (1 - 0.9 ** this.#step);
    for (const name of Object.keys(gradients) as (keyof Parameters)[]) {
      const [p, g, m, v] = [this.#parameters[name], gradients[name], this.#mean[name], this.#square[name]];
      t.assign(m, m.mul(0.9).add(g.mul(0.1)));
      t.assign(v, v.mul(0.999).add(g.square().mul(0.001)));
      t.assign(p, p.sub(m.mul(scale).div(v.sqrt().add(1e-8))));
    }
  }
}

/** One step of training, for progress and the loss curve. */
export interface Step {
  readonly epoch: number;
  readonly step: number;
  readonly loss: number;
}

/** How to train: defaults 12 epochs, batches of 32, rate 0.003, seed 1. */
type TrainOptions = Partial<Record<'epochs' | 'batch' | 'rate' | 'seed', number>>;

/** Trains on shuffled batches with a rate that falls to zero along a cosine; yields the loss of every step. */
export async function* train(
  images: t.Tensor,
  labels: t.Tensor,
  options: TrainOptions,
): AsyncGenerator<Step, Parameters> {
  const { epochs = 12, batch = 32, rate = 3e-3, seed = 1 } = options;
  const rng = new t.Rng(seed);
  const parameters = initialise(rng);
  const adam = new Adam(parameters);
  const total = images.shape[0] as number;
  const steps = Math.floor(total / batch);
  for (let epoch = 0; epoch < epochs; epoch++) {
    using order = t.keep(rng.permutation(total));
    for (let step = 0; step < steps; step++) {
      const progress = (epoch * steps + step) / (epochs * steps);
      const loss = await t.scope(async () => {
        const rows = order.at(`${step * batch}:${(step + 1) * batch}`);
        const [x, y] = [t.gather(images, rows), t.gather(labels, rows)];
        const [value, gradients] = t.valueAndGrad(crossEntropy)(parameters, x, y);
        adam.update(gradients, rate * 0.5 * (1 + Math.cos(Math.PI * progress)));
        return (await value.data())[0] as number;
      });
      yield { epoch, step: epoch * steps + step, loss };
    }
  }
  return parameters;
}
