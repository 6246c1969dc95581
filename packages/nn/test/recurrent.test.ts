/** GRU and LSTM: their written-out gradients against central differences, first and second. */
import { checkGradients, grad, memory, Rng, scope, sum, type Tensor } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { GRU, LSTM } from '../src/index.js';
import { gruSequence } from '../src/layers/gru.js';
import { lstmSequence } from '../src/layers/lstm.js';
import type { RunSequence } from '../src/layers/recurrent.js';

const kinds: [string, RunSequence, number, number][] = [
  ['gruSequence', gruSequence, 3, 1],
  ['lstmSequence', lstmSequence, 4, 2],
];

function inputs(gates: number, states: number, bias: boolean): Tensor[] {
  const rng = new Rng(2);
  const first = Array.from({ length: states }, () => rng.normal([2, 3]));
  return [
    rng.normal([4, 2, gates * 3]),
    ...first,
    rng.normal([gates * 3, 3]),
    ...(bias ? [rng.normal([gates * 3])] : []),
  ];
}

for (const [name, run, gates, states] of kinds) {
  const call = (...given: Tensor[]): Tensor =>
    run(given[0] as Tensor, given.slice(1, 1 + states), given[1 + states] as Tensor, given[2 + states]);
  for (const bias of [true, false]) {
    test(`the gradient of ${name} ${bias ? 'with' : 'without'} bias is that of central differences`, async () => {
      await checkGradients(call, inputs(gates, states, bias));
    });
  }

  test(`the second derivative of ${name} is that of central differences`, async () => {
    const slope = (...given: Tensor[]): Tensor => {
      const [first, ...rest] = given as [Tensor, ...Tensor[]];
      return grad((x: Tensor) => sum(call(x, ...rest).square()))(first);
    };
    await checkGradients(slope, inputs(gates, states, true), { tolerance: 1e-5 });
  });
}

test('going on from a state gives what one long sequence does', () => {
  scope(() => {
    const x = new Rng(1).normal([2, 6, 3]);
    const [gru, lstm] = [new GRU(3, 4, { rng: new Rng(1), layers: 2 }), new LSTM(3, 4, { rng: new Rng(1), layers: 2 })];
    const early = gru.forward(x.at(':', ':2'));
    const late = gru.forward(x.at(':', '2:'), [early.hidden]);
    assert.equal(late.output.dataSync(), gru.forward(x).output.at(':', '2:').dataSync());
    const first = lstm.forward(x.at(':', ':2'));
    const second = lstm.forward(x.at(':', '2:'), [first.hidden, first.cell]);
    const whole = lstm.forward(x);
    assert.equal(second.output.dataSync(), whole.output.at(':', '2:').dataSync());
    assert.equal(second.cell.dataSync(), whole.cell.dataSync());
    for (const layer of [gru, lstm]) layer.dispose();
  });
});

test('a gradient leaves nothing behind', () => {
  const layer = new LSTM(3, 4, { rng: new Rng(1) });
  const x = new Rng(1).normal([2, 6, 3]);
  const before = memory().tensors;
  grad((t: Tensor) => sum(layer.forward(t).output))(x).dispose();
  assert.is(memory().tensors, before);
  layer.dispose();
});

test.run();
