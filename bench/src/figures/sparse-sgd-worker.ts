/** A worker that times rounds of distributed training: NATS address, number of parameters, rounds. Prints `RoundTimes`. */
import { Module, SGD } from '@saccade/nn';
import { DistributedOptimizer } from '@saccade/sparse-sgd';
import { createNatsTransport } from '@saccade/sparse-sgd/nats';
import { Rng, type Tensor, zeros } from '@saccade/tensor';

/** What a worker measured. */
export interface RoundTimes {
  /** Of each round, from the gradient to the parameters that have moved. */
  readonly milliseconds: readonly number[];
  /** Bytes that it sent, of those of the gradients. */
  readonly share: number;
}

class Parameters extends Module<[Tensor], Tensor> {
  constructor(length: number) {
    super();
    this.parameter('weights', zeros([length]) as unknown as Tensor);
  }

  forward(x: Tensor): Tensor {
    return x;
  }
}

const [servers = '', length = '', rounds = ''] = process.argv.slice(2);
const transport = await createNatsTransport({ servers, job: 'bench', size: 2 });
const model = new Parameters(Number(length));
const optimizer = new DistributedOptimizer(new SGD(model, { rate: 0.1 }), { transport, compress: 'top-k:0.1%' });
await optimizer.start();
const rng = new Rng(transport.rank);
const milliseconds: number[] = [];
for (let round = 0; round < Number(rounds); round++) {
  const gradient = rng.normal([Number(length)]) as unknown as Tensor;
  await transport.barrier();
  const start = performance.now();
  await optimizer.step(new Map([['weights', gradient]]));
  milliseconds.push(performance.now() - start);
  gradient.dispose();
}
const { bytes, denseBytes } = optimizer.traffic;
const times: RoundTimes = { milliseconds, share: bytes / denseBytes };
process.stdout.write(JSON.stringify(times));
await transport.close();
process.exit(0);
