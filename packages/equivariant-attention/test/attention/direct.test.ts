/** The form by tensor operations against plain loops in float64. */
import { createJsDevice, useDevice } from '@saccade/kernels';
import { checkGradients, scope, sum, type Tensor, valueAndGradOf } from '@saccade/tensor';
import { assertClose } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { AttentionInputs } from '../../src/attention/attention-inputs.js';
import { groupAttentionDirect } from '../../src/attention/group-attention-direct.js';
import { type Case, cases, cotangentOf, inputsOf, parametersOf } from './cases.js';
import { attendByLoops, gradientsByLoops } from './loops.js';

const direct = ({ query, key, value, tables, plan, settings }: AttentionInputs): Tensor =>
  groupAttentionDirect(query, key, value, tables, plan, settings);

async function onJs(body: () => void): Promise<void> {
  const former = useDevice(createJsDevice());
  try {
    await scope(body);
  } finally {
    useDevice(former);
  }
}

test('attention over a group is what its formula says, and so are its gradients', async () => {
  const property = fc.asyncProperty(cases, (c) =>
    onJs(() => {
      const inputs = inputsOf(c, 'float64');
      const cotangent = cotangentOf(c, 'float64');
      const parameters = parametersOf(inputs);
      const dropout = inputs.settings.dropout;
      const place = dropout?.rng.state;
      const [value, gradients] = valueAndGradOf(parameters, () => sum(direct(inputs).mul(cotangent)));
      if (dropout && place) dropout.rng.state = place;
      const expected = attendByLoops(inputs);
      if (dropout && place) dropout.rng.state = place;
      const dy = cotangent.dataSync<'float64'>();
      const slopes = gradientsByLoops(inputs, dy);
      const dot = expected.reduce((total, y, i) => total + y * dy[i]!, 0);
      assertClose(value.item(), dot, { rtol: 1e-9, atol: 1e-9 });
      for (const name of Object.keys(parameters))
        assertClose(gradients[name]!.dataSync<'float64'>(), slopes[name]!, { rtol: 1e-9, atol: 1e-9 }, name);
    }),
  );
  await fc.assert(property, { numRuns: 60 });
});

const small: Case = {
  ...{ seed: 3, batch: 1, heads: 2, outputs: 2, queries: 3, keys: 2, height: 2, width: 3, dims: 1, groupDims: 1 },
  ...{ offsets: 'patch 3', window: true, dropout: 'none' },
};

test('its gradients are central differences', () =>
  onJs(() => {
    const inputs = inputsOf(small, 'float64');
    const names = Object.keys(parametersOf(inputs));
    const f = (...all: Tensor[]): Tensor => {
      const given = Object.fromEntries(names.map((name, i) => [name, all[i]])) as Record<string, Tensor>;
      const tables = { row: given.row!, column: given.column!, group: given.group };
      return direct({ ...inputs, query: given.query!, key: given.key!, value: given.value!, tables });
    };
    return checkGradients(f, Object.values(parametersOf(inputs)));
  }));

test('dropout takes as many weights as it says, and moves its generator on', () =>
  onJs(() => {
    const c: Case = {
      ...small,
      dropout: 'own',
      offsets: 'patch 1',
      queries: 1,
      keys: 1,
      width: 13,
      height: 50,
      heads: 3,
    };
    const inputs = inputsOf(c, 'float64');
    const before = inputs.settings.dropout!.rng.state.block;
    const [kept, all] = [
      direct(inputs).dataSync(),
      direct({ ...inputs, settings: { ...inputs.settings, dropout: undefined } }).dataSync(),
    ];
    const share = Array.from(kept).filter((y) => y === 0).length / kept.length;
    assert.ok(Math.abs(share - 0.3) < 0.02, `${share} of the weights are dropped`);
    assert.ok(Array.from(kept).every((y, i) => y === 0 || Math.abs(y / all[i]! - 1 / 0.7) < 1e-4));
    assert.is(inputs.settings.dropout!.rng.state.block, before + 50 * 13 * 3 * 2);
  }));

test.run();
