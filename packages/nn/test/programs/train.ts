/** A training run with everything that has a state: dropout, batch norm, momentum, averages, shuffling, early stopping. Killed and started again, it must end the same. */
import { init, Rng, scope } from '@saccade/tensor';
import {
  Adam,
  accuracy,
  BatchNorm,
  batches,
  crossEntropy,
  Dropout,
  ExponentialAverage,
  fit,
  inference,
  Linear,
  ReLU,
  Sequential,
  saveModule,
} from '../../src/index.js';

const [checkpointPath, resultPath, killAfter] = process.argv.slice(2) as [string, string, string];
let steps = 0;
await init({ device: 'wasm', threads: 1 });
const rng = new Rng(5);
const x = rng.normal([200, 6]);
const y = scope(() => x.at(':', 0).mul(x.at(':', 1)).greater(0).cast('int32'));
const model = new Sequential(
  new Linear(6, 16, { rng }),
  new BatchNorm(16),
  new ReLU(),
  new Dropout(0.2, { rng }),
  new Linear(16, 2, { rng }),
);
const result = await fit(model, {
  data: batches({ x, y }, { size: 16, seed: 3 }),
  validation: batches({ x, y }, { size: 64, shuffle: false }),
  loss: (batch) => {
    // Not by a clock: however slow the machine, the run dies in the middle of this step.
    if (++steps > Number(killAfter)) process.kill(process.pid, 'SIGKILL');
    return crossEntropy(model.forward(batch.x), batch.y);
  },
  metrics: { accuracy: (batch) => accuracy(model.forward(batch.x), batch.y) },
  optimizer: new Adam(model, { rate: (step) => 0.01 / (1 + step / 50), clipNorm: 1 }),
  average: new ExponentialAverage(model, { decay: 0.9 }),
  earlyStopping: { metric: 'accuracy', mode: 'max', patience: 20 },
  epochs: 8,
  checkpoint: { to: checkpointPath, everySteps: 3 },
});
await saveModule(resultPath, model);
const scores = await inference(model, () => accuracy(model.forward(x), y).data());
console.log(JSON.stringify({ ...result, scores: [...scores] }));
