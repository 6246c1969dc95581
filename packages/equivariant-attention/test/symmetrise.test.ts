/** Models made symmetric: exact on elements that move pixels, in training and evaluation, differentiable, and refused where they cannot be. */
import { BatchNorm, Conv2d, Dropout, Flatten, Lambda, Linear, Module, Sequential, SGD } from '@saccade/nn';
import {
  checkGradients,
  init,
  memory,
  OptionError,
  Rng,
  ShapeError,
  scope,
  square,
  sum,
  type Tensor,
  tensor,
  valueAndGradOf,
} from '@saccade/tensor';
import { assertClose, assertThrows, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certify } from '../src/certify/certify.js';
import { actOnFeatures, actOnImages } from '../src/groups/act.js';
import { type GroupName, groups, rotations } from '../src/groups/named-groups.js';
import { type SymmetriseOptions, symmetrise } from '../src/symmetrise.js';

onTestDevice(test, init);

const host = async (t: Tensor): Promise<number[]> => Array.from(await t.data());

/** A network without any symmetry, for images of 6 x 6. */
function plain(rng: Rng, dropout = 0): Sequential {
  const layers = [new Conv2d(1, 3, 3, { rng, padding: 1 }), new Lambda((x) => x.tanh()), new Flatten(), new Dropout(dropout, { rng }), new Linear(108, 4, { rng })]; // biome-ignore format: layers
  return new Sequential(...layers);
}

for (const reduce of ['mean', 'max'] as const) {
  for (const name of ['p4', 'mz2', 'p4m'] as const) {
    test(`${reduce} over ${name}: the same for all turns`, async () => {
      const before = memory().tensors;
      const rng = new Rng(1);
      const model = symmetrise(plain(rng), name, { reduce });
      const x = rng.normal([3, 6, 6, 1]) as Tensor;
      const y = model.forward(x);
      assert.equal([...y.shape], [3, 4]);
      const expected = await host(y);
      for (const h of groups[name].latticeElements) {
        const other = scope(() => model.forward(actOnImages(x, groups[name], h)));
        assertClose(await host(other), expected, { rtol: 0, atol: reduce === 'max' ? 0 : 2e-7 });
        other.dispose();
      }
      for (const t of [x, y, model]) t.dispose();
      assert.is(memory().tensors, before);
    });
  }
}

test('the mean is that of the outputs for all turns', async () => {
  const rng = new Rng(2);
  const model = plain(rng);
  const x = rng.normal([2, 6, 6, 1]) as Tensor;
  const [y, z] = [symmetrise(model, 'p4').forward(x), symmetrise((t) => model.forward(t), 'p4').forward(x)];
  const wanted = scope(() => {
    const all = groups.p4.matrices.map((_, h) => model.forward(actOnImages(x, groups.p4, h)));
    return all.reduce((a, b) => a.add(b)).div(4);
  });
  assertClose(await host(y), await host(wanted), { rtol: 0, atol: 2e-7 });
  assert.equal(await host(z), await host(y));
  for (const t of [x, y, z, wanted, model]) t.dispose();
});

test('images and features that come out turn with the image', async () => {
  const rng = new Rng(3);
  const filter = new Conv2d(1, 8, 3, { rng, padding: 1 });
  const { p4 } = groups;
  const x = rng.normal([2, 4, 5, 1]) as Tensor;
  const asFeatures = (t: Tensor): Tensor => scope(() => filter.forward(t).reshape([2, ...t.shape.slice(1, 3), 4, 2]).transpose([0, 3, 1, 2, 4])); // biome-ignore format: one function
  for (const [model, outputAction, act] of [
    [filter, 'image', actOnImages],
    [asFeatures, 'features', actOnFeatures],
  ] as const) {
    // biome-ignore format: a table
    const whole = symmetrise(model, p4, { outputAction });
    const y = whole.forward(x);
    for (let h = 0; h < 4; h++) {
      const [first, last] = scope(() => [whole.forward(actOnImages(x, p4, h)), act(y, p4, h)] as const);
      assert.equal(first.shape, last.shape);
      assertClose(await host(first), await host(last), { rtol: 0, atol: 5e-7 });
      for (const t of [first, last]) t.dispose();
    }
    y.dispose();
  }
  for (const t of [x, filter]) t.dispose();
});

test('in training too, with dropout and batch norm: one orbit sees one mask', async () => {
  const rng = new Rng(4);
  const model = new Sequential(new Conv2d(1, 3, 3, { rng, padding: 1 }), new BatchNorm(3), plain2(rng));
  const whole = symmetrise(model, 'p4');
  assert.ok(whole.training);
  const x = rng.normal([4, 6, 6, 1]) as Tensor;
  const stream = [...whole.generators().values()][0]!;
  const start = stream.state;
  const y = whole.forward(x);
  const moved = stream.state;
  assert.not.equal(moved, start);
  for (let h = 0; h < 4; h++) {
    stream.state = start;
    const z = scope(() => whole.forward(actOnImages(x, groups.p4, h)));
    assertClose(await host(z), await host(y), { rtol: 0, atol: 1e-6 });
    assert.equal(stream.state, moved);
    z.dispose();
  }
  const { summary } = await certify(whole, 'p4', { shape: [6, 6, 1], training: true, inputs: x });
  assert.match(summary, /^exact \(proved\)$/);
  for (const t of [x, y, whole]) t.dispose();
});

function plain2(rng: Rng): Sequential {
  return new Sequential(new Flatten(), new Dropout(0.5, { rng }), new Linear(108, 2, { rng }));
}

test('parameters are the model’s, and learn', async () => {
  const rng = new Rng(5);
  const model = plain(rng);
  const whole = symmetrise(model, 'p4m', { reduce: 'max' });
  assert.equal([...whole.parameters().values()], [...model.parameters().values()]);
  assert.equal([...whole.parameters().keys()][0], 'model.0.weight');
  assert.not(whole.eval().model instanceof Module && (whole.model as Sequential).training);
  const x = rng.normal([8, 6, 6, 1]) as Tensor;
  const optimizer = new SGD(whole, { rate: 0.01 });
  const losses: number[] = [];
  for (let step = 0; step < 10; step++) {
    const loss = optimizer.minimize(() => scope(() => whole.forward(x).sub(1).square().mean()));
    losses.push((await host(loss))[0]!);
    loss.dispose();
  }
  assert.ok(losses.at(-1)! < 0.8 * losses[0]!, String(losses));
  for (const t of [x, optimizer, whole]) t.dispose();
});

const onCpu = testDevice === 'wasm' ? test : test.skip;

onCpu('gradients are those of central differences, and of turned images turned', async () => {
  const rng = new Rng(6);
  const weights = await host(rng.normal([16, 2]));
  const f = (x: Tensor): Tensor =>
    scope(() =>
      x
        .reshape([-1, 16])
        .matmul(tensor(weights, { shape: [16, 2], dtype: x.dtype, device: x.device }))
        .tanh(),
    );
  await checkGradients((x) => symmetrise(f, 'p4').forward(x), [rng.normal([2, 4, 4, 1])]);
  await checkGradients((x) => symmetrise(f, 'p8').forward(x), [rng.normal([1, 4, 4, 1])]);
  await checkGradients((x) => symmetrise(f, 'p4', { reduce: 'max' }).forward(x), [rng.normal([2, 4, 4, 1])]);
  const model = plain(rng);
  const whole = symmetrise(model, 'p4');
  const x = rng.normal([2, 6, 6, 1]) as Tensor;
  const gradient = (t: Tensor): Tensor => scope(() => valueAndGradOf([t], () => sum(square(whole.forward(t))))[1][0]!);
  const [first, last] = scope(() => [
    gradient(actOnImages(x, groups.p4, 1)),
    actOnImages(gradient(x), groups.p4, 1),
  ]) as [Tensor, Tensor];
  assertClose(await host(first), await host(last), { rtol: 0, atol: 1e-5 });
  for (const t of [x, first, last, model]) t.dispose();
});

test('certificates: exact for any model; off the lattice approximate, though nearer than the model alone', async () => {
  const rng = new Rng(7);
  const model = plain(rng);
  assert.is((await certify(symmetrise(model, 'p4m'), 'p4m', { shape: [6, 6, 1] })).summary, 'exact (proved)');
  assert.is((await certify(symmetrise(model, 'p4m'), 'p4', { shape: [6, 6, 1] })).summary, 'exact (proved)');
  const alone = await certify(model, 'p8', { shape: [6, 6, 1], interpolation: 'bilinear' });
  assert.match(alone.summary, /^measured: error [\d.]+ \([\d.]+ for elements that map pixels to pixels\)$/);
  const { verdict } = await certify(symmetrise(model, 'p8'), 'p8', { shape: [6, 6, 1], interpolation: 'bilinear' });
  assert.ok(verdict.kind === 'subgroup' && verdict.error! < (alone.verdict as { error: number }).error / 2);
  assert.equal(verdict.kind === 'subgroup' && verdict.elements, [0, 2, 4, 6]);
  // Another group than that of which it was made.
  const { summary } = await certify(symmetrise(model, 'mz2'), 'p4m', { shape: [6, 6, 1] });
  assert.match(
    summary,
    /^broken at layer model, because it was made symmetric under mz2, not p4m; exact on subgroup \{0, 4\} \(proved\); error/,
  );
  // What is an image, or features, is said.
  const filter = new Conv2d(1, 1, 3, { rng, padding: 1 });
  const wide = await certify(symmetrise(filter, 'p4', { outputAction: 'image' }), 'p4', { shape: [4, 6, 1] });
  assert.is(wide.summary, 'exact (proved)');
  const turned = await certify(symmetrise(filter, 'p8', { outputAction: 'image' }), 'p4', {
    shape: [4, 6, 1],
    samples: 0,
  });
  assert.match(turned.summary, /4 x 6 is not square; exact on subgroup \{0, 2\} \(proved\)$/);
  const own = await certify(
    symmetrise((x: Tensor) => x.at(0), 'p4', { inputAction: (x) => x.reshape(x.shape) }),
    'p4',
    { shape: [6, 6, 1] },
  );
  assert.match(own.notices.join(), /^no proof: layer model has no proof/);
  for (const m of [model, filter]) m.dispose();
});

test('NaN goes through, in maxima too', async () => {
  const x = scope(() => new Rng(8).normal([1, 4, 4, 1]).add(new Float32Array(1).fill(Number.NaN)[0]!)) as Tensor;
  for (const reduce of ['mean', 'max'] as const) {
    const y = symmetrise((t) => scope(() => t.at(':', 0, 0)), 'p4', { reduce }).forward(x);
    assert.ok((await host(y)).every(Number.isNaN), reduce);
    y.dispose();
  }
  x.dispose();
});

test('what does not fit is refused', () => {
  scope(() => {
    const x = new Rng(9).normal([1, 4, 6, 1]) as Tensor;
    const refused = (body: () => unknown, kind: typeof OptionError | typeof ShapeError, message: RegExp) =>
      assertThrows(body, kind, message);
    const f = (t: Tensor): Tensor => t.reshape([1, -1]);
    refused(
      () => symmetrise(7 as unknown as typeof f, 'p4'),
      OptionError,
      /^symmetrise: expected a module or a function, got 7$/,
    );
    refused(() => symmetrise(f, 'p6' as GroupName), OptionError, /^groupOf: there is no group "p6"/);
    refused(
      () => symmetrise(f, 'p4', { reduce: 'sum' as 'mean' }),
      OptionError,
      /^symmetrise: reduce must be one of mean, max, got "sum"$/,
    );
    refused(
      () => symmetrise(f, 'p4', { outputAction: 'turn' as 'image' }),
      OptionError,
      /^symmetrise: outputAction must be/,
    );
    refused(() => symmetrise(f, 'p4', { over: 1 } as SymmetriseOptions), OptionError, /^symmetrise: no option 'over'/);
    refused(
      () => symmetrise(() => 1 as unknown as Tensor, 'p4').forward(x),
      OptionError,
      /^symmetrise: the model must give a tensor, got 1$/,
    );
    refused(
      () => symmetrise((t) => t.at(0), 'p4').forward(x),
      ShapeError,
      /^symmetrise: the model must give the same shape for all turns of its input, got \[4,6,1\] and \[6,4,1\]$/,
    );
    refused(() => symmetrise(f, 'p4').forward(f(x)), ShapeError, /^symmetrise: expected images, got \[1, 24\]/);
    refused(
      () => symmetrise(f, rotations(3), { inputAction: 'features' }).forward(x),
      ShapeError,
      /^symmetrise: expected features over c3, got \[1, 4, 6, 1\]/,
    );
  });
});

test.run();
