import { type Matrix, matrix, OptionError, Rng } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { certifyLayer } from '../../src/certify/certify-layer.js';
import { certifyNetwork } from '../../src/certify/certify-network.js';
import { type TrackedLayer, trackResidual } from '../../src/track/track-residual.js';
import { golden, goldenMatrix, goldenTracked } from '../track/golden-tracking.js';

const near = (actual: number, expected: number, relative: number): boolean =>
  Math.abs(actual / expected - 1) <= relative;

function random(rng: Rng, rows: number, columns: number, size: number): Matrix {
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - rng.number())) * Math.cos(2 * Math.PI * rng.number());
  return matrix(
    rows,
    columns,
    Float64Array.from({ length: rows * columns }, () => size * normal()),
  );
}

function randomLayers(rng: Rng, depth: number, heads: number, width: number, size: number): TrackedLayer[] {
  return Array.from({ length: depth }, () => ({
    heads: Array.from({ length: heads }, () => ({
      query: random(rng, width, width / heads, size),
      key: random(rng, width, width / heads, size),
      value: random(rng, width, width, size),
      queryBias: random(rng, 1, width / heads, size).data,
    })),
  }));
}

test('ranges, gamma, beta, differences and both sides of the theorem are those of the reference', () => {
  const layers = goldenTracked();
  const points = trackResidual(goldenMatrix('X'), layers);
  for (const [l, layer] of layers.entries()) {
    const expected = golden.scalars[l]!;
    const certificate = certifyLayer(points[l]!, layer.heads);
    assert.ok(near(10 ** certificate.logResidual, expected.res_composite, 1e-9));
    assert.ok(near(10 ** certificate.logBound, expected.theorem_rhs!, 1e-9), `${l}: ${10 ** certificate.logBound}`);
    for (const [h, head] of certificate.heads.entries()) {
      const scalars = expected.heads![h]!;
      assert.ok(near(head.range, scalars.range_max, 1e-6), `${l}, ${h}`);
      assert.ok(near(head.gamma, scalars.gamma, 1e-9));
      assert.ok(near(head.beta, scalars.beta, 1e-9));
      assert.ok(near(head.difference, scalars.P_minus_1q_composite, 1e-6), `${l}, ${h}: ${head.difference}`);
    }
    const left = Math.log10(expected.next_res_uncentred_composite!);
    assert.ok(left <= certificate.logSharpBound + 1e-9 && certificate.logSharpBound <= certificate.logBound);
  }
});

test('no bound is ever violated, and the sharp one is the sharper where both hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(1e6),
      fc.constantFrom(0.05, 0.2, 0.5, 1, 3),
      fc.constantFrom(0.1, 1, 5),
      async (seed, size, spread) => {
        const rng = new Rng(seed);
        const tokens = random(rng, 2 + (seed % 6), 6, spread);
        const layers = randomLayers(rng, 3, 1 + (seed % 3), 6, size);
        const {
          points,
          layers: certificates,
          logBound,
          logMeanBound,
          logSharpBound,
          valid,
        } = await certifyNetwork(tokens, layers);
        const slack = 1e-9;
        for (const [l, certificate] of certificates.entries()) {
          const { logResidual } = points[l + 1]!;
          assert.ok(logResidual <= certificate.logMeanBound + slack, `sharp, layer ${l}`);
          assert.ok(
            certificate.heads.every(({ gamma }) => gamma >= 1 - slack && gamma <= Math.sqrt(tokens.rows) + slack),
          );
          if (!certificate.valid) continue;
          assert.ok(certificate.logSharpBound <= certificate.logBound + slack, `order, layer ${l}`);
          assert.ok(
            logResidual <= certificate.logBound + Math.log10(2 * (1 - 1 / tokens.rows)) + slack,
            `theorem, layer ${l}`,
          );
        }
        assert.ok(points.at(-1)!.logResidual <= logSharpBound + slack);
        assert.ok(logBound <= logMeanBound + slack);
        if (valid) assert.ok(points.at(-1)!.logResidual <= logMeanBound + slack);
      },
    ),
    { numRuns: 200 },
  );
});

test('scores with a wide range make the theorem invalid, not the sharp bound', async () => {
  const { layers, points } = await certifyNetwork(random(new Rng(1), 4, 6, 5), randomLayers(new Rng(2), 1, 1, 6, 2));
  assert.is(layers[0]!.valid, false);
  assert.ok(points[1]!.logResidual <= layers[0]!.logMeanBound);
});

test('networks with skips are refused, as the theorems do not speak of them', async () => {
  const skipping = randomLayers(new Rng(1), 2, 1, 6, 1).map((layer, i) => ({ ...layer, skip: i === 1 }));
  const tokens = random(new Rng(1), 3, 6, 1);
  await assertRejects(
    () => certifyNetwork(tokens, skipping),
    OptionError,
    /^certifyNetwork: expected layers without skips, of which alone the theorems speak, got a skip in layer 1$/,
  );
  await assertRejects(() => certifyNetwork(tokens, []), OptionError, /got none$/);
});

test.run();
