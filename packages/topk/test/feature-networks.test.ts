/** The networks that turn a patch into features. */
import type { AnyModule } from '@saccade/nn';
import { memory, OptionError, Rng, ShapeError, scope, type Tensor, tensor, zeros } from '@saccade/tensor';
import { assertClose, assertThrows } from '@saccade/testing';
import { Golden } from '@saccade/testing/golden';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { AtsNetwork } from '../src/model/ats-network.js';
import { PatchConvNet } from '../src/model/patch-conv-net.js';
import { ResidualNetwork } from '../src/model/residual-network.js';
import { assertGradients, assertNear, fill, type Names, pullBack } from './golden-modules.js';

interface Case {
  readonly kind: 'ats' | 'resnet';
  readonly shape: readonly [number, number, number, number];
  readonly filters: readonly number[];
  readonly strides: readonly number[];
  readonly blocks: readonly number[];
  readonly bott: boolean;
  readonly nf: number;
  readonly small: boolean;
}

const golden = new Golden<Readonly<Record<string, Case>>, Tensor>(new URL('golden/features', import.meta.url), tensor);
const rng = new Rng(1);

test('presets have the sizes that their names promise', () => {
  for (const [preset, size, outSize] of [
    ['resnet18', 11_176_512, 512],
    ['resnet18-fourth', 702_096, 128],
  ] as const) {
    const network = new ResidualNetwork({ rng, preset });
    assert.is(network.outSize, outSize);
    assert.is(network.size, size);
    network.dispose();
  }
  const deep = new ResidualNetwork({ rng, preset: 'resnet50', filters: 4 });
  assert.is(deep.outSize, 128);
  assert.is(deep.blocks.length, 16);
  deep.dispose();
});

test('a bottleneck starts as the way around it', () => {
  const network = new ResidualNetwork({ rng, blocks: [1], filters: 2, bottleneck: true, small: true });
  scope(() => assert.is((network.parameters().get('blocks.0.parts.2.bn.weight') as Tensor).abs().max().item(), 0));
  network.dispose();
});

test('the small network has one affine map for what the poolings leave, patches of its size and no others', () => {
  const network = new PatchConvNet({ rng, patchSize: 24, inChannels: 1 });
  assert.equal([...network.dense.weight.shape], [32, 3 * 3 * 16]);
  scope(() => {
    assert.equal([...network.forward(zeros([5, 24, 24, 1])).shape], [5, 32]);
    assertThrows(
      () => network.forward(zeros([5, 25, 24, 1])),
      ShapeError,
      /PatchConvNet: patches must be \[batch, 24, 24, 1\], got \[5, 25, 24, 1\]/,
    );
  });
  network.dispose();
});

test('bad options and shapes are typed errors, and a constructor that fails leaves no tensor', () => {
  const before = memory().tensors;
  const refusals: [() => unknown, RegExp][] = [
    [() => new AtsNetwork({} as never), /AtsNetwork: needs a source of random numbers/],
    [() => new AtsNetwork({ rng, filters: [] }), /filters must be at least 1 whole numbers from 1/],
    [() => new AtsNetwork({ rng, filters: [4, 4], strides: [1] }), /2 filters need as many strides, got 1/],
    [
      () => new ResidualNetwork({ rng, preset: 'resnet19' as never }),
      /preset must be one of resnet18, .* got "resnet19"/,
    ],
    [() => new ResidualNetwork({ rng, blocks: [0] }), /blocks must be at least 1 whole numbers from 1, got \[0\]/],
    [() => new PatchConvNet({ rng, patchSize: 7 }), /3 poolings need patches from 8, got 7/],
    [() => new PatchConvNet({ rng } as never), /patchSize must be a whole number from 1, got undefined/],
  ];
  for (const [make, message] of refusals) assertThrows(make, OptionError, message);
  assert.is(memory().tensors, before);
  const network = new AtsNetwork({ rng, filters: [2] });
  scope(() => assertThrows(() => network.forward(zeros([1, 4, 4, 1])), ShapeError, /\[batch, height, width, 3\], got/));
  network.dispose();
});

test('one patch of one pixel trains: a variance of nothing is epsilon', () => {
  const network = new AtsNetwork({ rng, filters: [2, 2] });
  scope(() => assert.equal([...network.forward(zeros([1, 1, 1, 3])).dataSync()], [0, 0]));
  network.dispose();
});

const norm = (own: string, theirs: string): [string, string][] => [
  [`${own}.weight`, `${theirs}.s`],
  [`${own}.bias`, `${theirs}.b`],
];

/** Parameters: our names and the reference's. */
function parameterNames(name: string, one: Case): Names {
  const has = (theirs: string): boolean => golden.names(`${name}.param.`).includes(theirs);
  const names: [string, string][] = [];
  if (one.kind === 'ats') {
    names.push(['conv.weight', 'conv0.w'], ...norm('bn', 'bn'));
    one.filters.slice(1).forEach((_, i) => {
      for (const [own, theirs] of [['projection', 'proj'], ['conv1', 'conv0'], ['conv2', 'conv1']] as const) // biome-ignore format: a table
        if (has(`b${i}.${theirs}.w`)) names.push([`blocks.${i}.${own}.weight`, `b${i}.${theirs}.w`]);
      names.push(...norm(`blocks.${i}.bn1`, `b${i}.bn0`), ...norm(`blocks.${i}.bn2`, `b${i}.bn1`));
    });
    return new Map(names);
  }
  names.push(['stem.conv.weight', 'init.w'], ...norm('stem.bn', 'init_bn'));
  for (let i = 0; has(`r${i}.c1.w`); i++) {
    for (let part = 0; has(`r${i}.c${part + 1}.w`); part++) {
      const own = `blocks.${i}.parts.${part}`;
      names.push([`${own}.conv.weight`, `r${i}.c${part + 1}.w`], ...norm(`${own}.bn`, `r${i}.bn${part + 1}`));
    }
    if (!has(`r${i}.proj.w`)) continue;
    names.push([`blocks.${i}.projection.conv.weight`, `r${i}.proj.w`]);
    names.push(...norm(`blocks.${i}.projection.bn`, `r${i}.proj_bn`));
  }
  return new Map(names);
}

/** Names of the running statistics of each batch norm, from those of its scale. */
function statisticNames(parameters: Names): Names {
  const scales = [...parameters].filter(([, theirs]) => String(theirs).endsWith('.s'));
  return new Map(
    scales.flatMap(([own, theirs]): [string, string][] => [
      [own.replace(/weight$/, 'running_mean'), String(theirs).replace(/s$/, 'mean')],
      [own.replace(/weight$/, 'running_var'), String(theirs).replace(/s$/, 'var')],
    ]),
  );
}

for (const [name, one] of Object.entries(golden.scalars)) {
  test(`${name}: features, gradients, statistics and evaluation are the reference's`, () => {
    scope(() => {
      const { kind, shape, filters, strides, blocks, bott, nf, small } = one;
      const inChannels = shape[3];
      const network =
        kind === 'ats'
          ? new AtsNetwork({ rng, inChannels, filters, strides })
          : new ResidualNetwork({ rng, inChannels, blocks, bottleneck: bott, filters: nf, small });
      const names = parameterNames(name, one);
      assert.equal([...names.keys()].sort(), [...network.parameters().keys()].sort());
      fill(network, golden, `${name}.param.`, names);
      const x = golden.tensor(`${name}.x`);
      const wanted = new Map([...network.parameters(), ['x', x] as const]);
      const { y, gradients } = pullBack(() => network.forward(x), golden.tensor(`${name}.grad_out`), wanted);
      assertNear(y, golden.values(`${name}.y_train`), 2e-4, 'y_train');
      assertNear(gradients.get('x') as Tensor, golden.values(`${name}.grad_x`), 2e-4, 'grad_x');
      assertGradients(gradients, golden, `${name}.grad.`, names, 2e-4);
      const statistics = statisticNames(names);
      for (const [own, theirs] of statistics) {
        // The running ones began at 0 and 1; the stem's keep 0.99 of what they were, all others 0.9.
        const share = own.startsWith('stem') ? 0.01 : 0.1;
        const before = own.endsWith('var') ? 1 - share : 0;
        const expected = golden.values(`${name}.batch.${String(theirs)}`).map((value) => before + share * value);
        assertNear(network.buffers().get(own) as Tensor, expected, 1e-4, own);
      }
      fill(network, golden, `${name}.running.`, statistics);
      assertNear(network.eval().forward(x), golden.values(`${name}.y_eval`), 2e-4, 'y_eval');
      network.dispose();
    });
  });
}

test('every network gives one row a patch, learns by all its parameters and leaves nothing else', () => {
  const x = new Rng(3).normal([2, 16, 16, 3]);
  const networks: (AnyModule & { forward(x: Tensor): Tensor; readonly outSize: number })[] = [
    new AtsNetwork({ rng, filters: [4, 4, 6] }),
    new ResidualNetwork({ rng, blocks: [1, 1], filters: 4 }),
    new ResidualNetwork({ rng, blocks: [1, 1], filters: 2, bottleneck: true, small: true }),
    new PatchConvNet({ rng, patchSize: 16 }),
  ];
  for (const network of networks) {
    const before = memory().tensors;
    scope(() => {
      const cotangent = new Rng(5).normal([2, network.outSize]);
      const { gradients } = pullBack(() => network.forward(x), cotangent, network.parameters());
      assert.is(gradients.size, network.parameters().size);
    });
    network.forward(x).dispose();
    assert.is(memory().tensors, before);
    network.dispose();
  }
  x.dispose();
});

test('in evaluation a patch has the same features whatever stands beside it', () => {
  scope(() => {
    const network = new PatchConvNet({ rng, patchSize: 8, inChannels: 1 });
    const patches = new Rng(2).normal([3, 8, 8, 1]);
    network.forward(patches);
    network.eval();
    const alone = network.forward(patches.at('1:2'));
    assertClose(network.forward(patches).at(1).dataSync(), alone.at(0).dataSync(), { atol: 1e-6 });
    network.dispose();
  });
});

test.run();
