/** The picture of a certificate: verdicts, cells, names, bad input. */
import { OptionError } from '@saccade/tensor';
import { assertThrows } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Certificate, certificateSvg, certify, type Verdict } from '../../src/index.js';
import { network } from './pictured.js';

/** A certificate of four elements. */
function certificate(change: Partial<Certificate> = {}): Certificate {
  const names = ['0°', '90°', '180°', '270°'];
  return {
    group: 'p4',
    verdict: { kind: 'exact', error: 2e-7 },
    summary: 'exact (proved)',
    elements: names.map((name, element) => ({
      ...{ element, name, proved: true, onLattice: true, error: 2e-7, nonFinite: 0, failure: undefined },
    })),
    steps: [{ layer: 'lifting', exact: [0, 1, 2, 3], reason: '' }],
    layers: [{ layer: 'lifting', errors: [0, 1e-7, 2e-7, 1e-7] }],
    measurement: { samples: 4, seed: 0, shape: [8, 8, 1], tolerance: 1e-4, training: false, interpolation: 'cubic' },
    notices: [],
    ...change,
  };
}

/** Classes of the cells. */
const cells = (svg: string): string[] =>
  [...svg.matchAll(/<rect class="(d\d)" fill-opacity/g)].map(([, look]) => look as string);
/** All texts, as they are read. */
const texts = (svg: string): string =>
  [...svg.matchAll(/<text[^>]*>(?:<title>[^<]*<\/title>)?([^<]*)</g)].map(([, text]) => text).join(' ');

test('the verdict, what is proved of each element, and a cell for each layer and element', async () => {
  const net = network();
  const found = await certify(net, 'p4', { shape: [8, 8, 1], samples: 1 });
  const svg = certificateSvg(found);
  net.dispose();
  assert.match(texts(svg), 'exact (proved)');
  assert.is(svg.match(/>✓</g)?.length, 4);
  assert.is(cells(svg).length, 4 * found.layers.length);
  assert.ok(cells(svg).every((look) => look === 'd2'));
  for (const { layer } of found.layers) assert.match(texts(svg), layer);
});

test('the errors of a network that is broken are orange, and what is not proved is said', async () => {
  const net = network({ encoding: 'paper2021' });
  const found = await certify(net, 'p4', { shape: [8, 8, 1], samples: 1 });
  const svg = certificateSvg(found);
  net.dispose();
  assert.is(found.verdict.kind, 'broken');
  assert.is(svg.match(/>no</g)?.length, 3);
  const rows = found.layers.map((_, i) => cells(svg).slice(4 * i, 4 * i + 4));
  assert.ok(rows.every(([identity]) => identity === 'd2'));
  assert.equal(rows.at(-1), ['d2', 'd1', 'd1', 'd1']);
});

test('verdicts have colours', () => {
  const looks = (verdict: Verdict): string | undefined =>
    /<text class="(d\d)"[^>]*>the verdict/.exec(certificateSvg(certificate({ verdict, summary: 'the verdict' })))?.[1];
  assert.is(looks({ kind: 'exact', error: 0 }), 'd2');
  assert.is(looks({ kind: 'subgroup', elements: [0, 2], error: 0.1 }), 'd0');
  assert.is(looks({ kind: 'broken', layer: 'a', reason: 'b', elements: [0], error: 0.1 }), 'd1');
  assert.is(looks({ kind: 'contradiction', layer: 'a', element: 1, error: 0.1 }), 'd1');
  assert.is(looks({ kind: 'measured', error: 0.1 }), undefined);
});

test('errors that are not finite, not known, or 0 are drawn, and a larger one is not fainter', () => {
  const errors = [Number.POSITIVE_INFINITY, Number.NaN, undefined, 0];
  const svg = certificateSvg(certificate({ layers: [{ layer: 'a', errors }] }));
  assert.match(texts(svg), '∞ NaN – 0');
  assert.not.match(svg, /="[^"]*(NaN|Infinity)[^"]*"/);
  assert.equal(cells(svg).slice(0, 4), ['d1', 'd1', 'd5', 'd2']);
  const more = certificateSvg(certificate({ layers: [{ layer: 'a', errors: [2e-4, 1e-2, 0.5, 70] }] }));
  const opacities = [...more.matchAll(/<rect class="d1" fill-opacity="([\d.]+)"/g)].map(([, value]) => Number(value));
  assert.equal(
    opacities,
    opacities.slice().sort((a, b) => a - b),
  );
  assert.is(opacities[3], 0.7);
});

test('what was only proved has no layers, and what was only measured has no proof', () => {
  const proved = certificateSvg(certificate({ layers: [], measurement: undefined }));
  assert.equal(cells(proved), []);
  assert.not.match(texts(proved), 'rounding');
  const measured = certificateSvg(certificate({ steps: undefined }));
  assert.not.match(measured, '✓');
  assert.is(cells(measured).length, 4);
});

test('reasons that layers share are told together, and notices below', () => {
  const step = { exact: [0, 2], reason: 'the side is odd' };
  const svg = certificateSvg(
    certificate({
      verdict: { kind: 'subgroup', elements: [0, 2], error: 0.1 },
      steps: [
        { layer: 'a', ...step },
        { layer: 'b', ...step },
      ],
      notices: ['mind the gap'],
    }),
  );
  assert.match(texts(svg), 'a, b: exact for 0, 2 only, as the side is odd. mind the gap.');
});

test('long names end with what tells them apart, and texts are safe', () => {
  const layer = `${'blocks.'.repeat(20)}<i>`;
  const svg = certificateSvg(certificate({ layers: [{ layer, errors: [0, 0, 0, 0] }], summary: '<b>' }), {
    title: '"&',
  });
  assert.match(svg, /…[a-z.]*&lt;i&gt;<\/text>/);
  assert.match(svg, `<title>${'blocks.'.repeat(20)}&lt;i&gt;</title>`);
  assert.not.ok(svg.includes('<i>') || svg.includes('<b>') || svg.includes('"&"'));
});

test('what is no certificate and options that make no sense are refused', () => {
  assertThrows(
    () => certificateSvg({} as Certificate),
    OptionError,
    /certificateSvg: expected a certificate, got an object/,
  );
  assertThrows(() => certificateSvg(undefined as never), OptionError, /expected a certificate, got undefined/);
  assertThrows(
    () => certificateSvg(certificate(), { width: 100 }),
    OptionError,
    /width must be a whole number from 240, got 100/,
  );
  assertThrows(() => certificateSvg(certificate(), { size: 1 } as never), OptionError, /no option 'size'/);
});

test.run();
