/** The layer that is fed back to itself. */
import { Adam } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, square, sum, type Tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { CircleNetwork } from '../../src/network/circle-network.js';

onTestDevice(test, init);

test('points become points, with each of skip and MLP', () => {
  const before = memory().tensors;
  scope(() => {
    for (const skip of [false, true]) {
      for (const mlp of [false, true]) {
        const network = new CircleNetwork({ skip, mlp, width: 6, heads: 3, rng: new Rng(1) });
        assert.equal([...network.forward(zeros([4, 2, 2])).shape], [4, 2, 2]);
        network.dispose();
      }
    }
  });
  assert.is(memory().tensors, before);
});

test('the defaults are 32 channels, two heads, neither skip nor MLP', () => {
  const network = new CircleNetwork({ rng: new Rng(1) });
  assert.equal(
    [network.embed.weight.shape, network.self.heads, network.skip, network.inner],
    [[32, 2], 2, false, undefined],
  );
  network.dispose();
});

test('wrong options and points are typed errors', () => {
  const bad = (options: object, message: RegExp): void => {
    assertThrows(() => new CircleNetwork({ rng: new Rng(0), ...options } as never), OptionError, message);
  };
  bad({ heads: 3 }, /^CircleNetwork: heads must divide 32 channels, got 3$/);
  bad({ width: 0 }, /width must be a whole number from 1, got 0/);
  bad({ skip: 'yes' }, /skip must be true or false, got "yes"/);
  bad({ rng: undefined }, /source of random numbers/);
  bad({ depth: 2 }, /no option 'depth'/);
  const network = new CircleNetwork({ rng: new Rng(0) });
  scope(() => {
    assertThrows(() => network.forward(zeros([2, 2])), ShapeError, /points must be \[batch, tokens, 2\], got \[2, 2\]/);
  });
  network.dispose();
});

test('with a skip it is the network without one plus the way around the heads', async () => {
  const [plain, skipping] = [false, true].map((skip) => new CircleNetwork({ skip, width: 8, rng: new Rng(2) }));
  await scope(async () => {
    skipping!.loadStateDict(plain!.stateDict());
    const points = new Rng(3).normal([3, 4, 2]);
    const around = plain!.decode.forward(plain!.embed.forward(points));
    const expected = await plain!.forward(points).add(around).data();
    assertClose(await skipping!.forward(points).data(), expected, { atol: 1e-6 });
  });
  for (const network of [plain, skipping]) network!.dispose();
});

if (testDevice === 'wasm') {
  test('gradients are differences along them', () => {
    for (const skip of [false, true]) {
      const network = new CircleNetwork({ skip, mlp: true, width: 6, rng: new Rng(4) });
      scope(() => {
        const points = new Rng(5).normal([2, 3, 2]);
        const loss = (): Tensor => sum(square(network.forward(points)));
        using optimizer = new Adam(network, { rate: 1e-3 });
        const { gradients } = optimizer.gradients(loss);
        for (const [name, parameter] of network.parameters()) {
          const slope = Math.sqrt(sum(square(gradients.get(name) as Tensor)).item());
          if (slope < 1e-4) continue;
          const direction = (gradients.get(name) as Tensor).div(slope);
          const at = (step: number): number => {
            const kept = parameter.mul(1);
            network.loadStateDict(network.stateDict().set(name, parameter.add(direction.mul(step))));
            const value = loss().item();
            network.loadStateDict(network.stateDict().set(name, kept));
            return value;
          };
          assertClose((at(1e-2) - at(-1e-2)) / 2e-2, slope, { rtol: 2e-2 }, name);
        }
      });
      network.dispose();
    }
  });
}

test.run();
