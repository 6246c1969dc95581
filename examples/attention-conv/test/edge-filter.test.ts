/** The edge filter as a convolution and as attention: the numbers, the picture and the command. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { memory } from '@saccade/tensor';
import { startCommand } from '@saccade/testing/command';
import { newFolder } from '@saccade/testing/new-folder';
import { decode, encode } from 'fast-png';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compare } from '../src/edge-filter/compare.js';
import { filters } from '../src/edge-filter/filters.js';
import { differences, greys, valueAddress } from '../src/edge-filter/image-png.js';
import { photograph } from '../src/edge-filter/photograph.js';
import { reportSvg } from '../src/edge-filter/report.js';
import { userImage } from '../src/edge-filter/user-image.js';

const main = new URL('../src/edge-filter/main.ts', import.meta.url);
const image = photograph(1, 32);

/** A colour image of grey pixels. */
function greyImage(height: number, width: number, value: (row: number, column: number) => number): typeof image {
  const data = Float32Array.from({ length: height * width * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    return value(Math.floor(pixel / width), pixel % width);
  });
  return { height, width, data };
}

/** The pixels of a PNG in an address. */
function pixels(address: string): number[] {
  return Array.from(decode(Buffer.from(address.replace(/^data:image\/png;base64,/, ''), 'base64')).data);
}

test('a step of brightness gives 4 in the two columns beside it, and nothing else', async () => {
  const step = greyImage(5, 6, (_, column) => (column < 3 ? 0 : 1));
  const { convolution, largest } = await compare(step, 'sobel', []);
  const rows = Array.from({ length: 30 }, (_, i) => ([2, 3].includes(i % 6) ? 4 : 0));
  assert.ok(
    convolution.every((value, i) => Math.abs(value - (rows[i] as number)) < 1e-6),
    String(convolution),
  );
  assert.ok(Math.abs(largest - 4) < 1e-6);
});

test('errors stay below the certificate, fall with alpha, and end with rounding', async () => {
  const { steps, largest } = await compare(image, 'laplace', [1, 4, 8, 128]);
  for (const { maxError, bound, difference } of steps) {
    assert.ok(maxError <= bound, `${maxError} is above ${bound}`);
    const most = difference.reduce((all, value) => Math.max(all, Math.abs(value)), 0);
    assert.ok(Math.abs(most - maxError) <= 1e-6 * maxError + 1e-12, `the picture's scale is ${most}, not ${maxError}`);
  }
  const [one, four, eight, hard] = steps.map(({ maxError }) => maxError) as [number, number, number, number];
  assert.ok(one > 5 * four && four > 20 * eight && eight > 100 * hard, String([one, four, eight, hard]));
  assert.ok(hard <= 1e-6 * Math.max(1, largest), String(hard));
  assert.equal(
    steps.map(({ oneHot }) => oneHot),
    [false, false, false, true],
  );
});

test('generated images are of the seed, 0 to 1, and look like no noise', () => {
  assert.equal(photograph(1, 32), image);
  assert.not.equal(photograph(2, 32).data, image.data);
  assert.equal([image.height, image.width], [24, 32]);
  assert.ok(image.data.every((value) => value >= 0 && value <= 1));
  const values = image.data.filter((_, i) => i % 3 === 0);
  const apart = (step: number): number => {
    let sum = 0;
    for (let i = step; i < values.length; i++) sum += Math.abs((values[i] as number) - (values[i - step] as number));
    return sum / (values.length - step);
  };
  assert.ok(apart(1) < 0.7 * apart(values.length / 2), 'neighbours are no more alike than strangers');
});

test('images of users are made smaller by means, never larger', async () => {
  const png = encode({
    width: 4,
    height: 2,
    channels: 1,
    depth: 8,
    data: Uint8Array.of(0, 255, 51, 51, 0, 255, 51, 51),
  });
  const small = await userImage(png, 2);
  assert.equal([small.height, small.width], [1, 2]);
  const expected = [0.5, 0.5, 0.5, 0.2, 0.2, 0.2];
  assert.ok(small.data.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-6));
  assert.is((await userImage(png, 100)).width, 4);
});

test('greys go from black to white, differences from blue over white to orange', () => {
  assert.equal(pixels(valueAddress(3, 1, [-2, 0, 2], greys(2))), [0, 0, 0, 128, 128, 128, 255, 255, 255]);
  const [blue, white, orange] = [-1, 0, 1].map((value) => pixels(valueAddress(1, 1, [value], differences(1)))) as [
    number[],
    number[],
    number[],
  ];
  assert.ok((blue[2] as number) > 2 * (blue[0] as number) && (orange[0] as number) > 2 * (orange[2] as number));
  assert.equal(white, [255, 255, 255]);
  assert.equal(pixels(valueAddress(1, 1, [0], differences(0))), [255, 255, 255]);
});

test('the report has the image, the convolution, and two images an alpha with error and certificate', async () => {
  const comparison = await compare(image, 'sobel', [1, 128]);
  const svg = reportSvg({ image, origin: '<mine>.png', filter: 'sobel', comparison });
  assert.is(svg.split('<image ').length - 1, 2 + 2 + 2 * 2);
  assert.match(svg, '&lt;mine&gt;.png, 32 x 24');
  assert.match(svg, 'Attention, alpha 128, weights 1 and 0');
  assert.match(svg, /error [\d.]+, certified [\d.]+</);
});

test('nothing leaks', async () => {
  const before = memory().tensors;
  await compare(image, 'sobel', [1, 128]);
  photograph(3, 16);
  assert.is(memory().tensors, before);
});

test('the command writes the picture and prints a table, or JSON', async () => {
  const cwd = newFolder();
  const table = await startCommand(main, ['--size', '24', '--alphas', '1,128'], { cwd }).ended;
  assert.is(table.code, 0, table.stderr);
  assert.match(table.stdout, /alpha +weight elsewhere +largest error +certified +weights\n1 +68\.2 %/);
  assert.match(readFileSync(join(cwd, 'edge-filter.svg'), 'utf8'), /^<svg /);
  const own = join(cwd, 'own.png');
  writeFileSync(
    own,
    encode({ width: 9, height: 7, channels: 3, depth: 8, data: new Uint8Array(189).map((_, i) => i) }),
  );
  const args = ['--image', own, '--filter', 'laplace', '--alphas', '8', '--json', '--output', join(cwd, 'own.svg')];
  const json = await startCommand(main, args, { cwd }).ended;
  const read = JSON.parse(json.stdout);
  assert.equal([read.image, read.height, read.width, read.filter], ['own.png', 7, 9, 'laplace']);
  assert.ok(read.steps[0].maxError <= read.steps[0].bound);
  assert.match(readFileSync(join(cwd, 'own.svg'), 'utf8'), 'own.png, 9 x 7');
});

test('the command explains itself, and refuses what it does not know', async () => {
  const help = await startCommand(main, ['--help']).ended;
  assert.is(help.code, 0);
  for (const name of Object.keys(filters)) assert.match(help.stdout, name);
  const wrong = [
    [['--alphas', '1,0'], /--alphas must be a number above 0, got 0/],
    [['--filter', 'blur'], /--filter must be one of sobel, laplace, got blur/],
    [['--seed', '1', '--image', 'x.png'], /--seed is of generated images/],
    [['--output', 'no/such/folder.svg'], /there is no folder/],
  ] as const;
  for (const [args, message] of wrong) {
    const { code, stderr } = await startCommand(main, args).ended;
    assert.is(code, 2, stderr);
    assert.match(stderr, message);
  }
  const missing = await startCommand(main, ['--image', 'none.png']).ended;
  assert.is(missing.code, 1);
  assert.match(missing.stderr, /cannot read/);
});

test.run();
