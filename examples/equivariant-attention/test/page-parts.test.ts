/** What is behind the page: turned digits, what networks say of them, drawn digits, and work that waits for its turn. */
import { readFileSync } from 'node:fs';
import { groups } from '@saccade/equivariant-attention';
import { dispose, memory } from '@saccade/tensor';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answersAt, changeOf, type Logits, rounding, saidOf } from '../page/answers.js';
import { exampleDigit } from '../page/example-digits.js';
import { latest } from '../page/latest.js';
import { inkOf, shrink, squareOf } from '../page/own-digit.js';
import { kinds, loadPair, type Pair, trainPair } from '../page/pair.js';
import { pixelAt, placeOf, turnImage } from '../page/turn-image.js';
import { giveTurns, inTurn } from '../page/turns.js';
import { digits, turned } from '../src/digits.js';
import { percentRight } from '../src/train.js';

/** The networks that the page brings. */
function ownPair(): Promise<Pair> {
  const file = (kind: string): Uint8Array =>
    readFileSync(new URL(`../page/data/digits-${kind}.safetensors`, import.meta.url));
  return loadPair({ p4: file('p4'), z2: file('z2') });
}

function free(pair: Pair): void {
  for (const kind of kinds) pair[kind].dispose();
}

const numbered = Float32Array.from({ length: 64 }, (_, i) => i);

test('quarter turns move pixels, counter-clockwise, whichever way round they are given', () => {
  const images = turnImage(numbered, [0, 90, 180, -90, 270, -270]);
  const rows = images.dataSync();
  const [upright, left, around, right, last, first] = Array.from({ length: 6 }, (_, i) =>
    rows.slice(64 * i, 64 * i + 64),
  );
  assert.equal([...upright!], [...numbered]);
  // What was on the right is on top.
  assert.equal([...left!.slice(0, 8)], [7, 15, 23, 31, 39, 47, 55, 63]);
  assert.equal([...around!], [...numbered].reverse());
  assert.equal(last, right);
  assert.equal(first, left);
  images.dispose();
});

test('other angles interpolate: the middle stays, what is on a ring goes on along it', () => {
  const ink = new Float32Array(64);
  for (const i of [27, 28, 35, 36]) ink[i] = 1;
  const images = turnImage(ink, [45]);
  const [turnedInk] = [images.dataSync()];
  assert.ok([27, 28, 35, 36].every((i) => turnedInk[i]! > 0.7) && turnedInk[0] === 0);
  images.dispose();
});

test('a place turns with the digit: its pixel is where its ink went', () => {
  for (const degrees of [0, 90, 180, -90]) {
    const images = turnImage(numbered, [degrees]);
    const found = images.dataSync();
    for (const pixel of [
      { row: 0, column: 0 },
      { row: 2, column: 5 },
    ]) {
      const { row, column } = pixelAt(placeOf(pixel, 0), degrees);
      assert.is(found[8 * row + column], 8 * pixel.row + pixel.column);
    }
    images.dispose();
  }
  for (const degrees of [17, 45, -133]) {
    // Chosen in the turned digit, it is there.
    for (const pixel of [
      { row: 3, column: 3 },
      { row: 1, column: 6 },
    ]) {
      assert.equal(pixelAt(placeOf(pixel, degrees), degrees), pixel);
    }
  }
  // What leaves the square is at its edge.
  assert.is(pixelAt(placeOf({ row: 0, column: 0 }, 0), 45).column, 0);
});

test('logits of p4 do not move at quarter turns, those of the plain network do', async () => {
  const pair = await ownPair();
  const before = memory().tensors;
  for (const label of [2, 7]) {
    const answers = answersAt(pair, exampleDigit(label), [0, 90, 180, -90]);
    for (const kind of kinds) {
      const [upright, ...others] = answers[kind] as [Logits, ...Logits[]];
      if (label === 7) assert.is(saidOf(upright), 7);
      const changes = others.map((logits) => changeOf(logits, upright));
      if (kind === 'p4') assert.ok(Math.max(...changes) < 2e-6 && 2e-6 < rounding, String(changes));
      else assert.ok(Math.min(...changes) > 0.1, String(changes));
    }
  }
  assert.is(memory().tensors, before);
  free(pair);
});

test('the networks that the page brings read digits that they have not learned: p4 as well when turned', async () => {
  const pair = await ownPair();
  const { train, test: unseen } = digits();
  for (const kind of kinds) {
    const found: number[] = [];
    for (const element of groups.p4.latticeElements) {
      const images = turned(unseen, groups.p4, element);
      found.push(await percentRight(pair[kind], images));
      if (element > 0) images.images.dispose();
    }
    assert.ok(found[0]! > 80, `${kind}: ${found}`);
    if (kind === 'p4') assert.equal(new Set(found).size, 1, `${found}`);
    else assert.ok(Math.max(...found.slice(1)) < 50, `${found}`);
  }
  dispose([train, unseen]);
  free(pair);
});

test('both are trained, told step by step, and one that is stopped leaves nothing behind', async () => {
  const before = memory().tensors;
  const told: string[] = [];
  const shares: number[] = [];
  const watch = { signal: new AbortController().signal, steps: 3 };
  const pair = await trainPair(5, {
    ...watch,
    onStep: (share, text) => {
      shares.push(share);
      told.push(text);
    },
  });
  assert.equal(shares, [0, 0.25, 0.5, 0.75, 0.75 + 0.25 / 3, 0.75 + 0.5 / 3]);
  assert.is(told[0], 'p4 network, step 0 of 3');
  assert.match(told[5]!, /^plain network, step 2 of 3, loss \d/);
  free(pair);
  assert.is(memory().tensors, before);
  const controller = new AbortController();
  const stopped = await trainPair(5, { ...watch, signal: controller.signal, onStep: () => controller.abort() }).then(
    () => undefined,
    (error: Error) => error,
  );
  assert.is(stopped?.name, 'AbortError');
  assert.is(memory().tensors, before);
});

/** A picture of grey values. */
function picture(width: number, grey: (i: number) => number, opacity = 255) {
  const data = new Uint8ClampedArray(4 * width * width);
  for (let i = 0; i < width * width; i++) data.set([grey(i), grey(i), grey(i), opacity], 4 * i);
  return { data, width, height: width };
}

test('ink is what is dark on bright, or bright on dark; nothing is on paper', () => {
  const line = (i: number): boolean => i % 10 === 4;
  assert.equal(
    [...inkOf(picture(10, (i) => (line(i) ? 0 : 255)))].map(Boolean),
    Array.from({ length: 100 }, (_, i) => line(i)),
  );
  const bright = inkOf(picture(10, (i) => (line(i) ? 200 : 20)));
  assert.equal([bright[4], bright[5]], [1, 0]);
  assert.ok(inkOf(picture(10, () => 130)).every((value) => value === 0));
  assert.ok(inkOf(picture(10, () => 0, 0)).every((value) => value === 0));
});

test('the square around the ink has it in its middle, and blocks become their means', () => {
  const ink = new Float32Array(400);
  for (let y = 3; y <= 12; y++) for (const x of [8, 9]) ink[20 * y + x] = 1;
  assert.equal(squareOf(ink, 20), { left: 4, top: 3, side: 10 });
  assert.is(squareOf(new Float32Array(400), 20), undefined);
  const fine = Float32Array.from({ length: 1024 }, (_, i) => (i % 32 < 2 ? 1 : 0));
  assert.equal([...shrink(fine).slice(0, 3)], [0.5, 0, 0]);
});

test('only the latest wish counts, and an error is told', async () => {
  let done = 0;
  let release: () => void = () => {};
  const errors: unknown[] = [];
  const ask = latest(
    () => {
      done += 1;
      if (done === 2) throw new Error('two');
      return new Promise((resolve) => {
        release = resolve;
      });
    },
    (error) => errors.push(error),
  );
  for (let i = 0; i < 5; i++) ask();
  assert.is(done, 1);
  release();
  await new Promise((resolve) => setTimeout(resolve));
  assert.is(done, 2);
  assert.is((errors[0] as Error).message, 'two');
  ask();
  assert.is(done, 3);
  release();
});

test('tasks are done one after another, and a long one lets others go first', async () => {
  const seen: string[] = [];
  const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));
  const long = inTurn(async () => {
    seen.push('long begins');
    await pause();
    await giveTurns();
    seen.push('long ends');
  });
  const short = inTurn(async () => {
    seen.push('short begins');
    await pause();
    seen.push('short ends');
  });
  const failing = inTurn(() => Promise.reject(new Error('no'))).catch((error: Error) => error.message);
  await Promise.all([long, short]);
  assert.equal(seen, ['long begins', 'short begins', 'short ends', 'long ends']);
  assert.is(await failing, 'no');
  assert.is(await inTurn(() => 3), 3);
});

test.run();
