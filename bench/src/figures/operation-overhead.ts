/** What a call of an operation costs beside its arithmetic: microseconds on tensors so small that nothing else counts. */
import { createWasmDevice, useDevice } from '@saccade/kernels';
import {
  add,
  attention,
  batchNorm,
  cast,
  concat,
  conv2d,
  dispose,
  gather,
  gelu,
  layerNorm,
  matmul,
  max,
  maxPool,
  mul,
  scope,
  softmax,
  split,
  stack,
  swapAxes,
  type Tensor,
  takeAlong,
  tensor,
  tensorsOf,
  valueAndGradOf,
  variance,
  where,
} from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomInput } from '../harness/random-values.js';

/** Calls in a scope, which frees what they made. */
const calls = 1000;
/** Calls under one tape. */
const recorded = 100;

/** An operation: its name, what is shown of the shapes, the tensors that it takes, and the call as users write it. */
interface Row {
  readonly name: string;
  readonly shapes: string;
  readonly takes: readonly Tensor[];
  readonly call: (...taken: readonly [Tensor, Tensor, Tensor]) => unknown;
}

function random(seed: number, ...shape: number[]): Tensor {
  const { values } = randomInput(shape, seed);
  return tensor(values, { shape });
}

function operations(): Row[] {
  const [x, y, bias, square] = [random(1, 4, 16), random(2, 4, 16), random(3, 16), random(4, 16, 16)] as const;
  const [batch, query, value] = [random(5, 2, 4, 16), random(6, 2, 4, 16), random(7, 2, 4, 16)] as const;
  const turned = random(8, 2, 16, 4);
  const [image, filter] = [random(9, 1, 3, 3, 16), random(10, 2, 2, 16, 16)] as const;
  const table = random(11, 8, 16);
  const ids = tensor([1, 0, 7, 3], { dtype: 'int32' });
  const columns = tensor(
    Int32Array.from({ length: 16 }, (_, i) => (i * 7) % 16),
    { shape: [4, 4] },
  );
  const condition = x.greater(0);
  const row = (name: string, shapes: string, takes: readonly Tensor[], call: Row['call']): Row => ({
    name,
    shapes,
    takes,
    call,
  });
  return [
    row('add', '[4, 16] + [4, 16]', [x, y], (a, b) => a.add(b)),
    row('add, broadcast', '[4, 16] + [16]', [x, bias], (a, b) => add(a, b)),
    row('add a number', '[4, 16] + 1', [x], (a) => a.add(1)),
    row('mul', '[4, 16] [4, 16]', [x, y], (a, b) => mul(a, b)),
    row('relu', '[4, 16]', [x], (a) => a.relu()),
    row('gelu', '[4, 16]', [x], (a) => gelu(a)),
    row('exp', '[4, 16]', [x], (a) => a.exp()),
    row('cast', '[4, 16] to int32', [x], (a) => cast(a, 'int32')),
    row('where', 'three of [4, 16]', [x, y], (a, b) => where(condition, a, b)),
    row('matmul, 2-d', '[4, 16] [16, 16]', [x, square], (a, b) => matmul(a, b)),
    row('matmul, 3-d by 2-d', '[2, 4, 16] [16, 16]', [batch, square], (a, b) => a.matmul(b)),
    row('matmul, 3-d by 3-d', '[2, 4, 16] [2, 16, 4]', [batch, turned], (a, b) => a.matmul(b)),
    row('reshape', '[4, 16] to [2, -1]', [x], (a) => a.reshape([2, -1])),
    row('transpose', '[4, 16]', [x], (a) => a.transpose()),
    row('swapAxes', '[2, 4, 16]', [batch], (a) => swapAxes(a, 0, 1)),
    row('at', "[4, 16] at '1:'", [x], (a) => a.at('1:')),
    row('concat', 'two of [4, 16], last axis', [x, y], (a, b) => concat([a, b], -1)),
    row('split', '[4, 16] into two, last axis', [x], (a) => split(a, 2, -1)),
    row('stack', 'two of [4, 16]', [x, y], (a, b) => stack([a, b])),
    row('sum', '[4, 16], all', [x], (a) => a.sum()),
    row('mean', '[4, 16], all', [x], (a) => a.mean()),
    row('mean, last axis', '[4, 16]', [x], (a) => a.mean({ axis: -1 })),
    row('max', '[4, 16], last axis', [x], (a) => max(a, { axis: -1 })),
    row('variance', '[4, 16], last axis', [x], (a) => variance(a, { axis: -1 })),
    row('softmax', '[4, 16]', [x], (a) => softmax(a)),
    row('logSoftmax', '[4, 16]', [x], (a) => a.logSoftmax()),
    row('layerNorm', '[4, 16], gamma, beta', [x, bias, bias], (a, gamma, beta) => layerNorm(a, { gamma, beta })),
    row('batchNorm', '[4, 16], gamma, beta', [x, bias, bias], (a, gamma, beta) => batchNorm(a, { gamma, beta })),
    row('attention', 'three of [2, 4, 16]', [batch, query, value], (a, b, c) => attention(a, b, c)),
    row('gather', '[8, 16] at [4]', [table], (a) => gather(a, ids)),
    row('takeAlong', '[4, 16] at [4, 4]', [x], (a) => takeAlong(a, columns)),
    row('conv2d', '[1, 3, 3, 16] by [2, 2, 16, 16]', [image, filter], (a, b) => conv2d(a, b)),
    row('maxPool', '[1, 3, 3, 16] by 2, stride 1', [image], (a) => maxPool(a, { size: 2, stride: 1 })),
  ];
}

type Taken = readonly [Tensor, Tensor, Tensor];

/** Microseconds a call. */
function time({ takes, call }: Row): number {
  const taken = takes as Taken;
  const start = performance.now();
  scope(() => {
    for (let i = 0; i < calls; i++) call(...taken);
  });
  return ((performance.now() - start) * 1000) / calls;
}

/** The same with the gradients by what the operation takes: copies for each call, as a layer has inputs of its own. The loss adds up sums of the results. */
function timeRecorded({ takes, call }: Row): number {
  return scope(() => {
    const taken = Array.from({ length: recorded }, () => takes.map((t) => t.add(0)));
    const start = performance.now();
    valueAndGradOf(taken, () => {
      let loss: Tensor | undefined;
      for (let i = 0; i < recorded; i++) {
        const [result] = tensorsOf(call(...(taken[i] as unknown as Taken)));
        const sum = (result as Tensor).sum();
        loss = loss === undefined ? sum : loss.add(sum);
      }
      return loss as Tensor;
    });
    return ((performance.now() - start) * 1000) / recorded;
  });
}

/** A figure for each row from its samples. */
function figures(
  group: string,
  rows: readonly Row[],
  samples: readonly (readonly number[])[],
  most: number,
  how: string,
): Figure[] {
  return rows.map(({ name, shapes }, i) => {
    const times = [...(samples[i] as number[])].sort((a, b) => a - b);
    const detail = `${shapes}; ${times[0]?.toFixed(2)} to ${times.at(-1)?.toFixed(2)} us in ${times.length} ${how}`;
    return figure(group, name, median(times), 'us', detail, most);
  });
}

export async function operationOverheadFigures(quick: boolean): Promise<Figure[]> {
  const [warmUp, rounds] = quick ? [5, 10] : [20, 50];
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const rows = operations();
  const differentiable = rows.filter(({ name }) => name !== 'cast');
  // What the sum and the addition after each operation, and a place on the tape, cost by themselves.
  const alone = (row: Row): Row => ({ ...row, call: (x) => x });
  const forward: number[][] = rows.map(() => []);
  const withGradients: number[][] = differentiable.map(() => []);
  // In turns: what disturbs the machine for a while disturbs a round of each.
  for (let round = -warmUp; round < rounds; round++) {
    for (const [i, row] of rows.entries()) {
      const sample = time(row);
      if (round >= 0) forward[i]?.push(sample);
    }
    for (const [i, row] of differentiable.entries()) {
      const sample = timeRecorded(row) - timeRecorded(alone(row));
      if (round >= 0) withGradients[i]?.push(sample);
    }
  }
  dispose(rows.map(({ takes }) => takes));
  useDevice(before);
  device.dispose();
  const rest = `tapes of ${recorded} calls, less what the sum after each costs`;
  return [
    ...figures('operation overhead, last axis 16, forward and freeing', rows, forward, 2, `scopes of ${calls} calls`),
    ...figures('operation overhead, forward and all gradients', differentiable, withGradients, 5, rest),
  ];
}
