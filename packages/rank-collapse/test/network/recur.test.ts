/** Networks fed back to themselves, against the release's trajectories. */
import { Lambda } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { recur } from '../../src/network/recur.js';
import { SelfAttentionNetwork } from '../../src/network/self-attention-network.js';
import { goldenState } from './golden-network.js';

onTestDevice(test, init);

const golden = new Golden<{ readonly hidden: number; readonly heads: number; readonly steps: number }, Tensor>(
  new URL('../golden/recurrence', import.meta.url),
  tensor,
);

test('a trajectory holds the start and what each step gives', async () => {
  const before = memory().tensors;
  await scope(async () => {
    const half = new Lambda((x) => x.mul(0.5));
    const start = tensor([8, 4], { shape: [1, 2] });
    assert.equal([...(await recur(half, start, 2).data())], [8, 4, 4, 2, 2, 1]);
    // With a skip the second step goes on from 4 + 8.
    assert.equal([...(await recur(half, start, 2, { skip: true }).data())], [8, 4, 4, 2, 6, 3]);
  });
  assert.is(memory().tensors, before);
});

test('wrong steps, starts and networks are typed errors', () => {
  const same = new Lambda((x) => x);
  scope(() => {
    const start = zeros([2, 2]);
    const bad = (message: RegExp, steps: number, options = {}): void => {
      assertThrows(() => recur(same, start, steps, options), OptionError, message);
    };
    bad(/^recur: steps must be a whole number from 1, got 0$/, 0);
    bad(/skip must be true or false, got 1/, 1, { skip: 1 });
    bad(/no option 'every'; there are skip/, 1, { every: 1 });
    assertThrows(() => recur(same, zeros([2]), 1), ShapeError, /start must be \[tokens, channels\], got \[2\]/);
    const other = new Lambda((x) => x.at('...', '0:1'));
    assertThrows(
      () => recur(other, start, 1),
      ShapeError,
      /what the network gives must be \[1, 2, 2\], got \[1, 2, 1\]/,
    );
    assertThrows(() => recur({} as never, start, 1), OptionError, /expected a module/);
  });
});

for (const kind of ['san', 'mlp'] as const) {
  test(`the ${kind} network walks as in the release, fed back with its input and without`, async () => {
    const before = memory().tensors;
    await scope(async () => {
      const { hidden: width, heads, steps } = golden.scalars;
      const sizes = { width, heads, depth: 1, mlp: kind === 'mlp' };
      const network = new SelfAttentionNetwork({ coordinates: 2, labels: 2, ...sizes, rng: new Rng(0) });
      network.loadStateDict(goldenState(golden, `${kind}.w.`));
      for (const skip of [false, true]) {
        const expected = golden.values(`${kind}.traj.${skip ? 'skip' : 'noskip'}`);
        const start = tensor(expected.slice(0, 4), { shape: [2, 2] });
        const trajectory = recur(network, start, steps, { skip });
        assert.equal([...trajectory.shape], [steps + 1, 2, 2]);
        const largest = Math.max(...expected.map(Math.abs));
        assertClose(await trajectory.data(), expected, { rtol: 0, atol: 1e-5 * largest }, `skip ${skip}`);
      }
      network.dispose();
    });
    assert.is(memory().tensors, before);
  });
}

test.run();
