import { batches, crossEntropy, fit, inMemory, MLP, SGD } from '@saccade/nn';
import { OptionError, Rng, type Tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DistributedOptimizer } from '../src/distributed/distributed-optimizer.js';
import { localTransports } from '../src/transport/thread-transport.js';

/** Points of a plane in three classes. */
function points(seed: number): { readonly x: Tensor; readonly y: Tensor } {
  const rng = new Rng(seed);
  const x = rng.normal([96, 2]) as unknown as Tensor;
  return { x, y: x.argmax({ axis: -1 }).cast('int32') as Tensor };
}

test('fit trains with several workers, which end alike and as well as one', async () => {
  const transports = await localTransports(2);
  // All before anybody trains: in a page, what is made while a scope of another worker waits goes with that.
  const workers = transports.map((transport) => {
    const model = new MLP([2, 16, 2], { rng: new Rng(5) });
    const optimizer = new DistributedOptimizer(new SGD(model, { rate: 0.3 }), { transport, compress: 'top-k:10%' });
    const data = batches(inMemory(points(transport.rank)), { size: 16, seed: transport.rank });
    return { model, optimizer, data };
  });
  await Promise.all(workers.map(({ optimizer }) => optimizer.start()));
  const results = await Promise.all(
    workers.map(async ({ model, optimizer, data }) => {
      const losses: number[] = [];
      await fit(model, {
        data,
        epochs: 12,
        optimizer,
        loss: ({ x, y }) => crossEntropy(model.forward(x), y),
        onEpoch: ({ loss }) => void losses.push(loss),
      });
      assert.is(optimizer.steps, 72);
      const weights = await Promise.all([...model.parameters().values()].map((t) => t.data()));
      return { losses, weights: weights.flatMap((values) => Array.from(values)) };
    }),
  );
  assert.equal(results[0]!.weights, results[1]!.weights);
  for (const { losses } of results) assert.ok(losses.at(-1)! < 0.3 * losses[0]!, `losses ${losses}`);
  await Promise.all(transports.map((transport) => transport.close()));
});

test('check points of fit are refused: the memory would be lost', async () => {
  const transports = await localTransports(1);
  const model = new MLP([2, 2], { rng: new Rng(5) });
  const optimizer = new DistributedOptimizer(new SGD(model, { rate: 0.3 }), { transport: transports[0]! });
  const run = fit(model, {
    data: batches(inMemory(points(1)), { size: 16 }),
    epochs: 1,
    optimizer,
    loss: ({ x, y }) => crossEntropy(model.forward(x), y),
    checkpoint: { to: { load: async () => undefined, save: async () => {} } },
  });
  await assertRejects(() => run, OptionError, /a check point holds an optimizer of @saccade\/nn/);
  await transports[0]!.close();
});

test.run();
