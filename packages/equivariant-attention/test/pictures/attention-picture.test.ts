/** The picture of attention while the image turns: letters, colours, sizes, bad input. */
import { memory, OptionError, ShapeError, scope, type Tensor } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { attentionIn, attentionSvg, groups } from '../../src/index.js';
import { behind, flat, images, lifting, network } from './pictured.js';

const pixel = { row: 1, column: 4 };

/** Letters below the maps, row by row. */
function letters(svg: string, columns: number): string[] {
  const all = [...svg.matchAll(/>(≠ )?([A-Z])<\/text>/g)].map(([, not, letter]) => `${not ? '≠' : ''}${letter}`);
  return Array.from({ length: all.length / columns }, (_, i) => all.slice(i * columns, (i + 1) * columns).join(''));
}

test('rows are turns and columns are elements; letters go round by one with each quarter turn', async () => {
  const [layer, all] = [lifting('p4'), images()];
  const svg = await attentionSvg(layer, all, pixel);
  assert.equal(letters(svg, 4), ['ABCD', 'DABC', 'CDAB', 'BCDA']);
  assert.match(svg, 'the map has turned with the image');
  for (const name of ['image', '0°', '90°', '180°', '270°']) assert.match(svg, `>${name}</text>`);
  all.dispose();
  layer.dispose();
});

test('mirrors are named, in few letters where there is little room', async () => {
  const [layer, all] = [lifting('p4m'), images()];
  const wide = await attentionSvg(layer, all, pixel, { width: 1200 });
  assert.match(wide, '>mirror, 90°</text>');
  assert.is(letters(wide, 8)[4], 'EHGFADCB');
  const narrow = await attentionSvg(layer, all, pixel, { width: 420 });
  assert.match(narrow, '>m90°</text>');
  all.dispose();
  layer.dispose();
});

test('layers inside networks are shown, and one with the released encoding is told to be wrong', async () => {
  const [net, lift, wrong, all] = [network(), lifting('p4'), behind('p4', 'paper2021'), images(8)];
  const { layer, input } = attentionIn(net, 'blocks.1.0');
  assert.equal(letters(await attentionSvg(layer, all, { row: 3, column: 0 }, { input }), 4)[1], 'DABC');
  const svg = await attentionSvg(wrong, all, pixel, { input: (x) => lift.forward(x) });
  assert.is(letters(svg, 4)[1], '≠D≠A≠B≠C');
  assert.match(svg.replace(/<\/text><text[^>]*>/g, ' '), /maps are not what they should be \(≠\)/);
  all.dispose();
  for (const one of [net, lift, wrong]) one.dispose();
});

test('a plain layer is turned by the group that is said, and its map is another one', async () => {
  const [layer, all] = [lifting('z2'), images()];
  const svg = await attentionSvg(layer, all, pixel, { by: groups.p4, turns: [0, 3] });
  assert.equal(letters(svg, 1), ['A', '≠A']);
  all.dispose();
  layer.dispose();
});

test('images that are not square turn by what keeps them, and the query pixel turns with them', async () => {
  const [layer, all] = [lifting('p4'), images(4, 6)];
  const svg = await attentionSvg(layer, all, { row: 0, column: 5 });
  assert.equal(letters(svg, 4), ['ABCD', 'CDAB']);
  // Pixels are 22 wide: the query's squares of the first panel of each row.
  const queries = [...svg.matchAll(/stroke="#000"[^>]* x="([\d.]+)" y="([\d.]+)"/g)].map(([, x, y]) => [
    Number(x),
    Number(y),
  ]);
  // The first is the legend's.
  const [first, turned] = [queries[1], queries[6]] as [number[], number[]];
  assert.is(first[0]! - turned[0]!, 5 * 22);
  all.dispose();
  layer.dispose();
});

test('off the lattice nothing is turned: p8 has four rows of eight maps', async () => {
  const [layer, all] = [lifting('p8'), images()];
  assert.equal(letters(await attentionSvg(layer, all, pixel), 8), ['ABCDEFGH', 'GHABCDEF', 'EFGHABCD', 'CDEFGHAB']);
  all.dispose();
  layer.dispose();
});

test('the image that is asked for is shown: grey between black and white, or in its colours', async () => {
  const layer = lifting('p4');
  const half = flat(0.5);
  const shown = async (range: readonly [number, number]): Promise<string> =>
    attentionSvg(layer, half, { row: 0, column: 0 }, { range, turns: [0] });
  assert.match(await shown([0, 0.5]), 'fill:#ffffff');
  assert.match(await shown([0.5, 0]), 'fill:#000000');
  assert.match(await shown([0, 1]), 'fill:#828282');
  // All alike: black.
  assert.match(await attentionSvg(layer, half, { row: 0, column: 0 }), 'fill:#000000');
  half.dispose();
  const two = images();
  const [a, b] = [
    await attentionSvg(layer, two, pixel, { index: 0 }),
    await attentionSvg(layer, two, pixel, { index: 1 }),
  ];
  assert.is.not(a, b);
  two.dispose();
  layer.dispose();
});

test('values that are not finite are drawn, titles are safe', async () => {
  const layer = lifting('p4');
  const nan = flat(Number.NaN);
  const svg = await attentionSvg(layer, nan, { row: 0, column: 0 }, { title: '<b>&' });
  assert.not.match(svg, /="[^"]*NaN/);
  assert.match(svg, '&lt;b&gt;&amp;');
  assert.not.match(svg, '<b>');
  nan.dispose();
  layer.dispose();
});

test('images, turns, sizes and options that do not fit are refused', async () => {
  const [layer, all, long] = [lifting('p4'), images(), images(129, 2)];
  const refused = (options: object, message: RegExp): Promise<Error> =>
    assertRejects(() => attentionSvg(layer, all, pixel, options), OptionError, message);
  await refused(
    { turns: [4] },
    /attentionSvg: turns must be elements that map the pixels of 6 x 6 to each other \(0, 1, 2, 3\), got \[4\]/,
  );
  await refused({ turns: [] }, /turns must be/);
  await refused({ by: groups.p8, turns: [1] }, /\(0, 2, 4, 6\), got \[1\]/);
  await refused({ width: 100 }, /attentionSvg: width must be a whole number from 240, got 100/);
  await refused({ range: [1, 1] }, /range must be \[black, white\]/);
  await refused({ index: 2 }, /attentionSvg: index/);
  await refused({ heads: 1 }, /attentionSvg: no option 'heads'/);
  await assertRejects(
    () => attentionSvg(layer, long, pixel),
    OptionError,
    /at most 128 pixels along an axis, got 129 x 2/,
  );
  await assertRejects(() => attentionSvg(layer, all.reshape([2, 36]) as Tensor, pixel), ShapeError, /images must be/);
  for (const t of [all, long]) t.dispose();
  layer.dispose();
});

test('nothing leaks', async () => {
  const [net, all] = [network(), images(8)];
  const before = memory().tensors;
  const { layer, input } = attentionIn(net, 'blocks.0.0');
  await attentionSvg(layer, all, pixel, { input });
  await assertRejects(() => attentionSvg(layer, all, pixel, { input, range: [1, 1] }), OptionError, /range/);
  await assertRejects(() => attentionSvg(layer, all, { row: 9, column: 0 }, { input }), OptionError, /pixel/);
  assert.is(memory().tensors, before);
  scope(() => all.dispose());
  net.dispose();
});

test.run();
