/** A worker process: trains its replica of a small network on points of its own, together with the others of its job. */
import { cosine, crossEntropy, MLP, SGD } from '@saccade/nn';
import { createHubTransport, DistributedOptimizer, type Transport } from '@saccade/sparse-sgd';
import { createNatsTransport } from '@saccade/sparse-sgd/nats';
import { init, Rng, scope, type Tensor } from '@saccade/tensor';
import { classes, drawPoints, inputs, type Points } from './clouds.js';
import type { WorkerReport, WorkerTask } from './worker-task.js';

const batch = 64;
const testPoints = 4000;
const everySteps = 50;

const task = JSON.parse(process.argv[2]!) as WorkerTask;

function join({ meeting, job, size, roundTimeout }: WorkerTask): Promise<Transport> {
  const shared = { job, size, quorum: Math.max(1, size - 1), roundTimeout };
  return 'hub' in meeting
    ? createHubTransport({ ...shared, address: meeting.hub })
    : createNatsTransport({ ...shared, servers: meeting.nats, storage: 'memory' });
}

async function work({ compress, steps, seed }: WorkerTask, transport: Transport): Promise<void> {
  const model = new MLP([inputs, 128, classes], { rng: new Rng(seed) });
  const optimizer = new DistributedOptimizer(new SGD(model, { rate: cosine({ rate: 0.2, steps }) }), {
    transport,
    compress,
  });
  const loss = ({ points, labels }: Points): Tensor => crossEntropy(model.forward(points), labels);
  const test = await drawPoints(seed, new Rng(seed).derive(1), testPoints);
  const own = new Rng(seed).derive(2 + transport.rank);
  await optimizer.start();
  for (let step = 1; step <= steps; step++) {
    await scope(async () => {
      const points = await drawPoints(seed, own.derive(step), batch);
      await optimizer.minimize(() => loss(points));
    });
    if (step % everySteps !== 0 && step !== steps) continue;
    const { bytes, denseBytes, paperBits } = optimizer.traffic;
    const report: WorkerReport = {
      ...{ rank: transport.rank, step, loss: scope(() => loss(test).item()), bits: paperBits, bytes, denseBytes },
      ...{ present: transport.present.length, done: step === steps },
    };
    process.send!(report);
  }
}

// Whoever started this worker is gone, or it is done.
process.once('disconnect', () => process.exit());
await init({ device: 'wasm', threads: 1 });
const transport = await join(task);
await work(task, transport);
await transport.close();
process.disconnect();
