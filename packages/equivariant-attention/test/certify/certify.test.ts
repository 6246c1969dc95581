/** Certificates: what is measured of any function, what is proved of layers, verdicts, contradictions, and what is refused. */
import { BatchNorm, Dropout, GlobalAveragePool, Lambda, Linear, ReLU, Sequential } from '@saccade/nn';
import { init, memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor } from '@saccade/tensor';
import { assertRejects, onTestDevice, testDevice } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certificateText } from '../../src/certify/certificate-text.js';
import { certify } from '../../src/certify/certify.js';
import type { CertifyOptions } from '../../src/certify/certify-options.js';
import type { Runnable } from '../../src/certify/run-model.js';
import { equivarianceLost, staticProof } from '../../src/certify/static-proof.js';
import { actOnImages } from '../../src/groups/act.js';
import { groups, rotations } from '../../src/groups/named-groups.js';
import { Convolution, Crop, emptied, Head, Liar, LiftingConvolution, Logarithm, Noise, Pool } from './stub-layers.js';

onTestDevice(test, init);

const shape = [6, 6, 2];

const cnn = (isSymmetric: boolean): Sequential =>
  new Sequential(
    new Convolution(2, 4, isSymmetric, new Rng(1)),
    new Pool(),
    new Convolution(4, 3, isSymmetric, new Rng(2)),
    new Head(),
  );

test('of any function the error is measured, and nothing is called proved', async () => {
  const before = memory().tensors;
  const model = cnn(true);
  const sound = await certify((x: Tensor) => model.forward(x), groups.p4m, { shape });
  assert.is(sound.verdict.kind, 'measured');
  assert.match(sound.summary, /^measured: error [\d.e-]+, rounding$/);
  assert.is(sound.steps, undefined);
  assert.ok(sound.elements.every(({ error, proved }) => error! < 1e-5 && !proved));
  const broken = cnn(false);
  const certificate = await certify(async (x: Tensor) => broken.forward(x), 'p4', { shape });
  assert.is(certificate.verdict.kind, 'measured');
  assert.ok((certificate.verdict as { error: number }).error > 0.05, certificate.summary);
  assert.not.match(certificate.summary, /proved|rounding/);
  assert.is(certificate.elements[0]!.error, 0);
  assert.equal(
    certificate.layers.map(({ layer }) => layer),
    ['output'],
  );
  for (const m of [model, broken]) m.dispose();
  assert.is(memory().tensors, before);
});

test('layers with proofs: exact, and measured layer by layer', async () => {
  const before = memory().tensors;
  const model = cnn(true);
  const { verdict, summary, steps, layers, elements, notices, measurement } = await certify(model, groups.p4m, {
    shape,
  });
  assert.is(summary, 'exact (proved)');
  assert.is(verdict.kind, 'exact');
  assert.equal(steps!.map(({ layer, exact }) => [layer, exact.length]), [['input', 8], ['0', 8], ['1', 8], ['2', 8], ['3', 8]]); // biome-ignore format: a table
  assert.equal(
    layers.map(({ layer }) => layer),
    ['0', '1', '2', '3'],
  );
  assert.ok(elements.every(({ error, proved, onLattice }) => error! < 1e-5 && proved && onLattice));
  assert.equal(notices, []);
  assert.equal(measurement, { samples: 4, seed: 0, shape, tolerance: 2e-5, training: false, interpolation: 'cubic' });
  model.dispose();
  assert.is(memory().tensors, before);
});

test('a pool with an odd side is named with its reason, and the elements that are left', async () => {
  const model = cnn(true);
  const certificate = await certify(model, groups.p4m, { shape: [7, 7, 2] });
  const { verdict, summary } = certificate;
  // The mirror along the main diagonal keeps the corner where the pool begins.
  assert.match(
    summary,
    /^broken at layer 1, because 2x2 pool with odd side 7; exact on subgroup \{0, 5\} \(proved\); error [\d.]+$/,
  );
  assert.ok(verdict.kind === 'broken' && verdict.layer === '1' && verdict.error! > 0.01);
  assert.ok(certificate.elements[5]!.error! < 1e-5);
  assert.ok(certificate.layers[0]!.errors.every((error) => error! < 1e-5));
  assert.ok(certificate.layers[1]!.errors[1]! > 0.01);
  const proof = staticProof(model, groups.p4m, { group: undefined, height: 7, width: 7 });
  assert.equal(
    equivarianceLost(proof),
    'equivariance lost at layer 1: 2x2 pool with odd side 7 (elements 1, 2, 3, 4, 6, 7)',
  );
  assert.is(equivarianceLost(staticProof(model, groups.p4m, { group: undefined, height: 6, width: 6 })), undefined);
  model.dispose();
});

test('elements that do not map pixels to pixels are approximate, and told with the error', async () => {
  const model = new Sequential(new LiftingConvolution(groups.p8, 1, 4, new Rng(3)), new Head());
  const { verdict, summary, notices, elements } = await certify(model, groups.p8, { shape: [17, 17, 1] });
  assert.match(summary, /^exact on subgroup \{0, 2, 4, 6\} \(proved\), approximate elsewhere: error [\d.]+$/);
  assert.ok(verdict.kind === 'subgroup' && verdict.error! > 1e-3 && verdict.error! < 0.3, summary);
  assert.match(notices.join(), /errors of elements that do not map pixels to pixels are also those of interpolation/);
  assert.equal(elements.map(({ onLattice, proved }) => onLattice && proved), [true, false, true, false, true, false, true, false]); // biome-ignore format: a table
  // Features that come out are turned, and compared within a disc.
  const open = await certify(model.layers[0] as Sequential, groups.p8, { shape: [17, 17, 1] });
  assert.is(open.verdict.kind, 'subgroup');
  assert.ok(open.elements[1]!.error! > 1e-3 && open.elements[2]!.error! < 1e-5);
  model.dispose();
});

test('of a group whose order is not divisible by 4 the half turns are left', async () => {
  const model = new Sequential(new LiftingConvolution(rotations(6), 1, 2, new Rng(3)), new Head());
  const { summary } = await certify(model, rotations(6), { shape: [9, 9, 1] });
  assert.match(summary, /^exact on subgroup \{0, 3\} \(proved\), approximate elsewhere: error [\d.]+$/);
  model.dispose();
  const third = new Sequential(new LiftingConvolution(rotations(3), 1, 2, new Rng(3)), new Head());
  const proved = await certify(third, rotations(3), { shape: [9, 9, 1], samples: 0 });
  assert.is(proved.summary, 'exact on subgroup {0} (proved), approximate elsewhere: error not measured');
  assert.equal([proved.measurement, proved.layers], [undefined, []]);
  third.dispose();
});

test('images that are not square: sides are exchanged', async () => {
  const model = cnn(true);
  assert.is((await certify(model, 'p4', { shape: [4, 6, 2] })).summary, 'exact (proved)');
  // An odd height: half turns and mirrors of the rows are lost.
  const { verdict } = await certify(model, 'p4m', { shape: [5, 6, 2] });
  assert.equal(verdict.kind === 'broken' && verdict.elements.includes(2), false);
  assert.equal(verdict.kind === 'broken' && verdict.elements.includes(4), true);
  // A function that takes only its own size refuses the turned image, which is told.
  const fixed = await certify(
    (x: Tensor) => {
      if (x.shape[1] !== 4) throw new ShapeError('fixed: 4 rows, please');
      return model.forward(x);
    },
    'p4',
    { shape: [4, 6, 2] },
  );
  assert.match(
    fixed.summary,
    /^measured: error infinite \(element 1: the turned input is refused: fixed: 4 rows, please\)$/,
  );
  assert.ok(fixed.elements[2]!.error! < 1e-5);
  model.dispose();
});

test('outputs of another shape for the turned image are told', async () => {
  const { summary } = await certify((x: Tensor) => x.at(':', '1:'), 'p4', { shape: [4, 4, 1] });
  assert.match(summary, /element 1: the turned input gives \[1, 3, 4, 1\], not \[1, 4, 3, 1\]/);
});

test('a proof that a measurement refutes is told loudly', async () => {
  const model = new Sequential(new Convolution(2, 2, true, new Rng(1)), new Liar(), new Head());
  const { verdict, summary } = await certify(model, 'p4', { shape });
  assert.match(
    summary,
    /^CONTRADICTION: proved exact for element 1, but the error measured at layer 1 is [\d.]+: the proof or the arithmetic of a layer is wrong$/,
  );
  assert.ok(verdict.kind === 'contradiction' && verdict.layer === '1' && verdict.error > 0.1);
  model.dispose();
});

test('a proof that finds a fault which no measurement shows says so', async () => {
  const model = new Sequential(emptied(new Convolution(2, 2, false, new Rng(1))), new Head());
  const { verdict, notices } = await certify(model, 'p4', { shape });
  assert.is(verdict.kind, 'broken');
  assert.match(notices.join(), /no error beyond rounding was measured where the proof finds one/);
  model.dispose();
});

test('NaN is told, and in strict mode refused', async () => {
  const model = new Sequential(new Logarithm(), new Head());
  const { summary, notices, elements } = await certify(model, 'p4', { shape });
  assert.is(summary, `exact (proved); 32 values of outputs are NaN or infinite`);
  assert.match(
    notices.join(),
    /32 values of outputs are NaN or infinite \(elements 0, 1, 2, 3\): errors are of the others/,
  );
  assert.ok(Number.isNaN(elements[1]!.error));
  const black = await certify((x: Tensor) => model.forward(x), 'p4', { shape });
  assert.is(black.summary, 'measured: error none, as outputs are not finite; 32 values of outputs are NaN or infinite');
  // NaN for the turned image alone is no equivariance.
  const some = await certify(
    (x: Tensor) =>
      scope(() =>
        x
          .at(':', 0, 0)
          .sub(x.at(':', 0, 5))
          .log(),
      ),
    'p4',
    { inputs: scope(() => new Rng(5).uniform([1, 6, 6, 1])) },
  );
  assert.ok(some.elements.some(({ error }) => error === Number.POSITIVE_INFINITY));
  await assertRejects(
    () => certify(model, 'p4', { shape, strict: true }),
    OptionError,
    /^certify: strict: \d+ values of outputs are NaN or infinite, of element 0$/,
  );
  model.dispose();
});

test('training is certified when asked for, and leaves no trace', async () => {
  const rng = new Rng(4);
  const model = new Sequential(new Convolution(2, 3, true, rng), new BatchNorm(3), new Noise(rng), new Dropout(0.5, { rng }), new Head()); // biome-ignore format: layers
  const streams = JSON.stringify([...model.generators().values()].map(({ state }) => state));
  const means = Array.from(await [...model.buffers().values()][0]!.data());
  const modes = [...model.modules().values()].map(({ training }) => training);
  assert.is((await certify(model, 'p4', { shape })).summary, 'exact (proved)');
  const { summary, elements } = await certify(model, 'p4', { shape, training: true });
  assert.match(summary, /^broken at layer 2, because noise in training; error [\d.]+$/);
  // The same random numbers each time.
  assert.is(elements[0]!.error, 0);
  assert.is(JSON.stringify([...model.generators().values()].map(({ state }) => state)), streams);
  assert.equal(Array.from(await [...model.buffers().values()][0]!.data()), means);
  assert.equal(
    [...model.modules().values()].map(({ training }) => training),
    modes,
  );
  model.dispose();
  // Masks for whole channels are shared by all pixels.
  for (const [shared, expected] of [
    [[], /^broken at layer 0, because dropout in training, with masks that are not shared over orbits/],
    [[1, -2], /^exact/],
  ] as const) {
    // biome-ignore format: a table
    const dropout = new Sequential(new Dropout(0.5, { rng, shared }), new ReLU(), new GlobalAveragePool(), new Linear(2, 2, { rng }));
    assert.match((await certify(dropout, 'p4m', { shape, training: true })).summary, expected);
    dropout.dispose();
  }
});

test('a layer without a proof leaves what was measured', async () => {
  const model = new Sequential(
    new Convolution(2, 2, true, new Rng(1)),
    new Sequential(new Lambda((x) => x.relu())),
    new Head(),
  );
  const { summary, notices, layers } = await certify(model, 'p4', { shape });
  assert.match(summary, /^measured: error .*, rounding$/);
  assert.equal(notices, [
    'no proof: layer 1.0 has no proof of its equivariance: it needs a method prove(form, group, layer)',
  ]);
  assert.is(layers.length, 3);
  await assertRejects(
    () => certify(model, 'p4', { shape, samples: 0 }),
    OptionError,
    /^certify: nothing to prove, and samples: 0 measures nothing: no proof: layer 1.0/,
  );
  model.dispose();
});

test('actions: features, functions, invariants', async () => {
  const { p4 } = groups;
  const pooled = (f: Tensor): Tensor => scope(() => f.max({ axis: 1 }));
  assert.match(
    (await certify(pooled, p4, { shape: [4, 5, 5, 2], inputAction: 'features' })).summary,
    /^measured: error 0, rounding$/,
  );
  // Pixel by pixel the model is an image, and not invariant.
  const wrong = await certify(pooled, p4, { shape: [4, 5, 5, 2], inputAction: 'features', outputAction: 'invariant' });
  assert.not.match(wrong.summary, /rounding/);
  // A signal on a circle of four: elements shift it.
  const shift = (x: Tensor, h: number): Tensor =>
    scope(() =>
      x
        .reshape([1, 4])
        .matmul(
          tensor(Array.from({ length: 4 }, (_, i) => Array.from({ length: 4 }, (_, j) => (j === (i + h) % 4 ? 1 : 0)))),
        ),
    );
  const circle = await certify((x: Tensor) => x.square(), p4, { shape: [4], inputAction: shift, outputAction: shift });
  assert.match(circle.summary, /^measured: error 0, rounding$/);
  const model = new Sequential(new ReLU());
  const own = await certify(model, p4, { shape, inputAction: (x, h) => actOnImages(x, p4, h) });
  assert.equal(own.notices, ['no proof, as proofs are about images and features, not about actions of your own']);
});

test('of chosen elements the first layer that is wrong for one of them is named', async () => {
  // The first crop is wrong for the mirror of the rows, the second for that of the columns.
  const model = new Sequential(new Crop(1, 0, 1, 1), new Crop(1, 1, 0, 1), new Head());
  const asked = async (elements: readonly number[]): Promise<string> => (await certify(model, 'p4m', { shape, elements, samples: 1 })).summary; // biome-ignore format: one call
  assert.match(await asked([6]), /^broken at layer 0, because crop of 1, 0, 1, 1; error/);
  assert.match(await asked([4]), /^broken at layer 1, because crop of 1, 1, 0, 1; error/);
  assert.is(await asked([0]), 'exact (proved)');
});

test('given inputs, chosen elements, seeds and float64', async () => {
  const model = cnn(false);
  const inputs = new Rng(9).normal([3, ...shape]) as Tensor;
  const { measurement, elements } = await certify(model, 'p4', { inputs, elements: [2, 0, 2] });
  assert.equal([measurement!.samples, measurement!.seed], [3, undefined]);
  assert.equal(
    elements.map(({ element }) => element),
    [2, 0],
  );
  const errors = async (seed: number): Promise<unknown> =>
    (await certify(model, 'p4', { shape, seed, samples: 1 })).elements.map(({ error }) => error);
  assert.equal(await errors(1), await errors(1));
  assert.not.equal(await errors(1), await errors(2));
  if (testDevice === 'wasm') {
    const double = await certify((x: Tensor) => x.square(), 'p4', { shape, dtype: 'float64' });
    assert.is(double.measurement!.tolerance, 1e-10);
  }
  for (const t of [model, inputs]) t.dispose();
});

test('progress is told, and a signal ends it', async () => {
  const told: number[] = [];
  const model = cnn(true);
  await certify(model, 'p4', { shape, samples: 2, onProgress: ({ done, total }) => told.push(done / total) });
  assert.equal(told, [0, 0.125, 0.25, 0.375, 0.5, 0.625, 0.75, 0.875, 1]);
  const controller = new AbortController();
  const before = memory().tensors;
  const onProgress = ({ done }: { done: number }): void => {
    if (done === 3) controller.abort(new Error('enough'));
  };
  await assertRejects(() => certify(model, 'p4', { shape, signal: controller.signal, onProgress }), Error, /^enough$/);
  assert.is(memory().tensors, before);
  model.dispose();
});

test('a function that is another each time is found out', async () => {
  const rng = new Rng(1);
  const { notices } = await certify((x: Tensor) => scope(() => x.add(rng.normal(x.shape))), 'p4', { shape });
  assert.match(notices.join(), /the model is not the same function each time: the same input twice differs by/);
});

test('the text for people has the verdict, elements, reasons and layers', async () => {
  const model = cnn(true);
  const text = certificateText(await certify(model, 'p4', { shape: [7, 7, 2] }));
  assert.match(
    text,
    /^p4: broken at layer 1, because 2x2 pool with odd side 7; error [\d.]+\nmeasured on 4 random inputs, seed 0, \[7, 7, 2\], in evaluation\n/,
  );
  assert.match(text, /\n1 {8}90° +no +[\d.]+\n/);
  assert.match(text, /\n1 +\{0\} +2x2 pool with odd side 7\n/);
  assert.match(text, /\nerror after {2}0 +1 +2 +3\n0 +0 /);
  model.dispose();
});

test('what does not fit is refused', async () => {
  const model = new Sequential(new ReLU());
  const refused = (
    options: CertifyOptions | undefined,
    kind: typeof OptionError | typeof ShapeError,
    message: RegExp,
    what: unknown = model,
  ) => assertRejects(() => certify(what as Runnable, 'p4', options), kind, message);
  await refused(
    undefined,
    OptionError,
    /^certify: expected shape, such as \[28, 28, 1\], or inputs, as the model does not tell its inputShape$/,
  );
  await refused(
    { shape },
    OptionError,
    /^certify: expected a model: a function, or an object with forward\(x\), got 7$/,
    7,
  );
  await refused({ shape }, OptionError, /^certify: expected a model/, null);
  await refused({ shape }, OptionError, /^certify: the model must give a tensor, got 3$/, () => 3);
  await refused(
    { shape: [6, 6] },
    ShapeError,
    /^certify: inputs that are image must be \[height,width,channels\], got \[6, 6\]$|^certify: inputs/,
  );
  await refused({ shape: [6, 0, 1] }, OptionError, /^certify: shape must be of whole numbers from 1, got \[6, 0, 1\]$/);
  await refused(
    { shape: [3, 6, 6, 1], inputAction: 'features' },
    ShapeError,
    /^certify: inputs must be over the 4 elements of p4, got \[3, 6, 6, 1\]$/,
  );
  await refused({ shape, elements: [4] }, OptionError, /^Group: p4 has elements 0 to 3, got 4$/);
  await refused({ shape, elements: [] }, OptionError, /^certify: elements must be elements of p4, got \[\]$/);
  await refused({ shape, samples: -1 }, OptionError, /^certify: samples must be a whole number from 0, got -1$/);
  await refused({ shape, tolerance: 0 }, OptionError, /^certify: tolerance must be a number above 0/);
  await refused(
    { shape, inputAction: 'turn' as 'image' },
    OptionError,
    /^certify: inputAction must be 'image', 'features', 'invariant' or a function, got "turn"$/,
  );
  await refused(
    { shape, outputAction: 'invariant' },
    OptionError,
    /^certify: outputAction must be 'image', as that is what the model gives, got 'invariant'$/,
  );
  await refused({ shape, layers: 1 } as CertifyOptions, OptionError, /^certify: no option 'layers'/);
  await refused(
    { shape: [4], inputAction: 'invariant', outputAction: 'image' },
    ShapeError,
    /^certify: expected images, got \[1, 4\]; say by inputAction and outputAction what they are$/,
    (x: Tensor) => x,
  );
  const liar = { forward: (x: Tensor) => x, prove: () => ({ steps: [{ layer: 'all', exact: [9], reason: '' }], output: { group: undefined, height: 6, width: 6 } }) }; // biome-ignore format: one layer
  await refused(
    { shape },
    OptionError,
    /^certify: the proof of layer all must be about elements of p4, the identity among them, got \[9\] \(""\)$/,
    liar,
  );
  await assertRejects(() => certify(model, 'p5' as 'p4', { shape }), OptionError, /^groupOf: there is no group "p5"/);
  await refused({ shape }, Error as unknown as typeof OptionError, /^no$/, () => { throw new Error('no'); }); // biome-ignore format: one function
});

test.run();
