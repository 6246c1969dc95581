/** The chart that is drawn in its place. */
import { Writable } from 'node:stream';
import { type ChartScreen, type ChartSize, LiveChart } from '@saccade/command';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** A screen that keeps what is written on it. */
function screen(isTTY: boolean, rows: number): ChartScreen & { readonly texts: string[] } {
  const texts: string[] = [];
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _, done) => {
      texts.push(text);
      done();
    },
  });
  return Object.assign(stream, { isTTY, rows, columns: 60, texts });
}

/** What stands on the screen after all that: lines, with moves up and clearing done. */
function shown(texts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const piece of texts.join('').split('\u001b[J')) {
    const move = piece.endsWith('A') ? piece.lastIndexOf('\u001b[') : piece.length;
    lines.push(...piece.slice(0, move).split('\n').slice(0, -1));
    if (move < piece.length) lines.splice(-Number(piece.slice(move + 2, -1)));
  }
  return lines;
}

/** A chart of three lines. */
const runs = ({ width }: ChartSize): string => `a run\n${'*'.repeat(width)}\nbits\n`;

test('each drawing takes the place of the one before, and what is told stays above', async () => {
  const terminal = screen(true, 30);
  const chart = new LiveChart(terminal);
  assert.is(chart.live, true);
  await chart.draw(runs, 'epoch 1', true);
  const once = shown(terminal.texts);
  await chart.progress('a line that nobody needs');
  await chart.tell('worker 1 is lost');
  await chart.draw(runs, 'epoch 2', true);
  await chart.draw(runs, 'epoch 3', true);
  const lines = shown(terminal.texts);
  assert.is(lines[0], 'worker 1 is lost');
  assert.is(lines.at(-1), 'epoch 3');
  assert.equal(lines.slice(1, -1), once.slice(0, -1));
  assert.is(once[0], 'a run');
});

test('drawings in a row are left out, unless they are the last', async () => {
  const terminal = screen(true, 30);
  const chart = new LiveChart(terminal);
  await chart.draw(runs, 'epoch 1', true);
  const { length } = terminal.texts;
  for (let i = 0; i < 3; i++) await chart.draw(runs, 'epoch 2');
  assert.is(terminal.texts.length, length);
});

test('where there is no terminal, or hardly any, there are lines', async () => {
  for (const small of [screen(false, 30), screen(true, 9)]) {
    const chart = new LiveChart(small);
    assert.is(chart.live, false);
    await chart.draw(runs, 'epoch 1', true);
    await chart.progress('epoch 1');
    assert.equal(small.texts, ['epoch 1\n']);
  }
});

test('the room is that of the screen, within limits', async () => {
  const sizes: ChartSize[] = [];
  const keep = (size: ChartSize): string => {
    sizes.push(size);
    return 'x\n';
  };
  for (const rows of [13, 100]) {
    const terminal = screen(true, rows);
    await new LiveChart(terminal).draw(keep, 'a status that is much longer than the screen is wide '.repeat(3));
    assert.ok(shown(terminal.texts).every((line) => line.length <= 59));
  }
  assert.equal(
    sizes.map(({ width, height }) => [width, height]),
    [
      [59, 6],
      [59, 16],
    ],
  );
});

test.run();
