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
  variance,
  where,
} from '@saccade/tensor';
import { median } from '../harness/alternate.js';
import { type Figure, figure } from '../harness/figure.js';
import { randomInput } from '../harness/random-values.js';

const group = 'operation overhead, last axis 16, forward and freeing';
/** Calls in a scope, which frees what they made. */
const calls = 1000;
const microseconds = 3;

/** Names, what is shown of the shapes, and the calls as users write them. */
type Row = readonly [name: string, shapes: string, call: () => unknown];

function random(seed: number, ...shape: number[]): Tensor {
  const { values } = randomInput(shape, seed);
  return tensor(values, { shape });
}

function operations(): { inputs: Tensor[]; rows: Row[] } {
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
  const rows: Row[] = [
    ['add', '[4, 16] + [4, 16]', () => x.add(y)],
    ['add, broadcast', '[4, 16] + [16]', () => add(x, bias)],
    ['add a number', '[4, 16] + 1', () => x.add(1)],
    ['mul', '[4, 16] [4, 16]', () => mul(x, y)],
    ['relu', '[4, 16]', () => x.relu()],
    ['gelu', '[4, 16]', () => gelu(x)],
    ['exp', '[4, 16]', () => x.exp()],
    ['cast', '[4, 16] to int32', () => cast(x, 'int32')],
    ['where', 'three of [4, 16]', () => where(condition, x, y)],
    ['matmul, 2-d', '[4, 16] [16, 16]', () => matmul(x, square)],
    ['matmul, 3-d by 2-d', '[2, 4, 16] [16, 16]', () => batch.matmul(square)],
    ['matmul, 3-d by 3-d', '[2, 4, 16] [2, 16, 4]', () => batch.matmul(turned)],
    ['reshape', '[4, 16] to [2, -1]', () => x.reshape([2, -1])],
    ['transpose', '[4, 16]', () => x.transpose()],
    ['swapAxes', '[2, 4, 16]', () => swapAxes(batch, 0, 1)],
    ['at', "[4, 16] at '1:'", () => x.at('1:')],
    ['concat', 'two of [4, 16], last axis', () => concat([x, y], -1)],
    ['split', '[4, 16] into two, last axis', () => split(x, 2, -1)],
    ['stack', 'two of [4, 16]', () => stack([x, y])],
    ['sum', '[4, 16], all', () => x.sum()],
    ['mean', '[4, 16], all', () => x.mean()],
    ['mean, last axis', '[4, 16]', () => x.mean({ axis: -1 })],
    ['max', '[4, 16], last axis', () => max(x, { axis: -1 })],
    ['variance', '[4, 16], last axis', () => variance(x, { axis: -1 })],
    ['softmax', '[4, 16]', () => softmax(x)],
    ['logSoftmax', '[4, 16]', () => x.logSoftmax()],
    ['layerNorm', '[4, 16], gamma, beta', () => layerNorm(x, { gamma: bias, beta: bias })],
    ['batchNorm', '[4, 16], gamma, beta', () => batchNorm(x, { gamma: bias, beta: bias })],
    ['attention', 'three of [2, 4, 16]', () => attention(batch, query, value)],
    ['gather', '[8, 16] at [4]', () => gather(table, ids)],
    ['takeAlong', '[4, 16] at [4, 4]', () => takeAlong(x, columns)],
    ['conv2d', '[1, 3, 3, 16] by [2, 2, 16, 16]', () => conv2d(image, filter)],
    ['maxPool', '[1, 3, 3, 16] by 2, stride 1', () => maxPool(image, { size: 2, stride: 1 })],
  ];
  const inputs = [x, y, bias, square, batch, query, value, turned, image, filter, table, ids, columns, condition];
  return { inputs, rows };
}

/** Microseconds a call. */
function time(call: () => unknown): number {
  const start = performance.now();
  scope(() => {
    for (let i = 0; i < calls; i++) call();
  });
  return ((performance.now() - start) * 1000) / calls;
}

export async function operationOverheadFigures(quick: boolean): Promise<Figure[]> {
  const [warmUp, rounds] = quick ? [5, 10] : [20, 50];
  const device = createWasmDevice({ threads: 1 });
  const before = useDevice(device);
  const { inputs, rows } = operations();
  for (let round = 0; round < warmUp; round++) for (const [, , call] of rows) time(call);
  // In turns: what disturbs the machine for a while disturbs a round of each.
  const samples: number[][] = rows.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, , call]] of rows.entries()) samples[i]?.push(time(call));
  }
  dispose(inputs);
  useDevice(before);
  device.dispose();
  return rows.map(([name, shapes], i) => {
    const times = (samples[i] as number[]).sort((a, b) => a - b);
    const detail = `${shapes}; ${times[0]?.toFixed(2)} to ${times.at(-1)?.toFixed(2)} us in ${rounds} scopes of ${calls}`;
    return figure(group, name, median(times), 'us', detail, microseconds);
  });
}
