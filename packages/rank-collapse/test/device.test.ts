/** What is found on the device under test is what the plain device finds. */
import { useDevice } from '@saccade/kernels';
import { TransformerEncoder } from '@saccade/nn';
import { createJsDevice, init, memory, Rng, scope, type Tensor } from '@saccade/tensor';
import { assertClose, onTestDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { residualCurve } from '../src/curve/residual-curve.js';
import { modelOf } from '../src/model/model-of.js';
import { rankMonitor } from '../src/monitor/rank-monitor.js';
import { SelfAttentionNetwork } from '../src/network/self-attention-network.js';
import { pathContributions } from '../src/paths/path-contributions.js';
import { samplePaths } from '../src/paths/sample-paths.js';
import { compositeNorm } from '../src/residual/composite-norm.js';
import { residual } from '../src/residual/residual.js';

onTestDevice(test, init);

const numbers = async (t: Tensor): Promise<number[]> => Array.from((await t.data()) as ArrayLike<number>);

/** Results of a body on the device under test, and on the plain one. */
async function both<T>(body: () => Promise<T>): Promise<readonly [T, T]> {
  const here = await body();
  const device = useDevice(createJsDevice());
  try {
    return [here, await body()];
  } finally {
    useDevice(device);
  }
}

for (const normFirst of [false, true]) {
  test(`curves, contributions and samples of an encoder, norms ${normFirst ? 'first' : 'last'}`, async () => {
    const before = memory().tensors;
    const [here, plain] = await both(() =>
      scope(async () => {
        using encoder = new TransformerEncoder(2, 8, 2, { rng: new Rng(1), normFirst });
        const x = new Rng(2).normal([2, 5, 8]);
        const model = modelOf(encoder);
        const { points } = await residualCurve(model, x, { ranks: true });
        const { lengths, check, heads } = await pathContributions(model, x.at(0), { by: ['head', 'first', 'last'] });
        const { estimate } = await samplePaths(model, x.at(0), {
          length: 1,
          samples: 6,
          rng: new Rng(3),
          importance: 'norms',
        });
        return {
          ratios: points.flatMap(({ ratio, entropyRank }) => [...ratio.values, ...entropyRank!.values]),
          lengths: lengths.map(({ norm }) => norm),
          heads: heads!.map(({ norm }) => norm),
          holds: check!.holds,
          estimate: await numbers(estimate),
        };
      }),
    );
    assert.ok(here.holds && plain.holds);
    for (const name of ['ratios', 'lengths', 'heads', 'estimate'] as const) {
      assertClose(here[name], plain[name], { rtol: 1e-4, atol: 1e-5 }, name);
    }
    assert.is(memory().tensors, before);
  });
}

test('states and warnings of a network', async () => {
  const [here, plain] = await both(() =>
    scope(async () => {
      using network = new SelfAttentionNetwork({
        vocabulary: 5,
        labels: 5,
        width: 8,
        depth: 3,
        heads: 2,
        skip: false,
        rng: new Rng(4),
      });
      const ids = new Rng(5).integers([3, 6], 0, 5);
      const monitor = rankMonitor({ states: () => network.hiddenStates(ids, { attention: true }) });
      const report = await monitor.check();
      const { hidden } = network.hiddenStates(ids);
      return {
        level: report.level,
        norms: await numbers(compositeNorm(residual(hidden[1]!, { center: 'midrange' }))),
      };
    }),
  );
  assert.is(here.level, plain.level);
  assertClose(here.norms, plain.norms, { rtol: 1e-4, atol: 1e-6 });
});

test.run();
