/** Workers in processes of their own, at a hub: they learn together, die, come late, stop and go on. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ended } from '@saccade/testing/command';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { invitation, sparseSgd, start, writeRows } from './command.js';

interface JobResult {
  readonly worker: number;
  readonly workers: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly bytes: number;
  readonly denseBytes: number;
  readonly share: number;
  readonly transportBytes: number;
  readonly turns: number;
  readonly rounds: number;
  readonly lost: number;
  readonly joined: number;
  readonly dropped: number;
}

function resultOf({ code, stdout, stderr }: Ended): JobResult {
  assert.is(code, 0, stderr);
  return JSON.parse(stdout) as JobResult;
}

const listen = ['--listen', '127.0.0.1:0'];

test('two processes read digits as well as one, with at most 2 % of the bytes', async () => {
  const folder = newFolder();
  const common = ['train', '--digits', '--epochs', '3', '--json'];
  const first = start(
    [...common, '--workers', '2', ...listen, '--chart', 'loss.svg', '--out', 'w.safetensors'],
    folder,
  );
  const words = await invitation(first);
  assert.equal([words[0], words.slice(2)], ['join', ['--job', 'digits']]);
  const second = sparseSgd(words);
  const [a, text, alone] = [resultOf(await first.ended), await second, resultOf(await sparseSgd(common))];
  // 0.964 and a loss of 0.115 here; without the memory of what was not sent 0.934 and 0.280.
  assert.ok(a.accuracy >= 0.95 && a.loss < 0.2, `${a.accuracy}, ${a.loss}`);
  assert.ok(Math.abs(a.accuracy - alone.accuracy) <= 0.025, `${a.accuracy} and alone ${alone.accuracy}`);
  assert.ok(a.share <= 0.02, `${a.share}`);
  assert.is(a.share, a.bytes / a.denseBytes);
  // What connects the workers, and hands the model to them once, is no more than that again.
  assert.ok(a.transportBytes < 2 * a.bytes + a.denseBytes / a.turns, `${a.transportBytes}`);
  assert.equal([a.worker, a.workers, a.turns, a.lost, a.dropped], [0, 2, 123, 0, 0]);
  assert.is(text.code, 0, text.stderr);
  const accuracy = `${(100 * a.accuracy).toFixed(1)} %`;
  assert.match(text.stdout, `worker 1 of 2: accuracy ${accuracy} of 500 test images`);
  assert.match(text.stdout, /\nsent \S+ kB in 123 rounds, 1\.\d\d % of the 4\.89 MB of all gradients/);
  assert.match(text.stderr, /epoch 3\/3: loss \S+, accuracy .*, sent .* \(1\.\d\d %\), [12] workers?/);
  assert.match(readFileSync(join(folder, 'loss.svg'), 'utf8'), /worker 0[\s\S]*bytes sent/);
});

test('a worker is killed, another one comes late, and the rest is learned', async () => {
  const first = start(['train', '--digits', '--epochs', '14', '--workers', '2', ...listen, '--json']);
  const words = await invitation(first);
  const killed = start(words);
  await first.until('epoch 1/14');
  const late = start([...words, '--json']);
  await first.until('worker 2 joins');
  killed.kill('SIGKILL');
  const [a, b] = [resultOf(await first.ended), resultOf(await late.ended)];
  assert.equal([a.lost, a.joined, a.workers, a.turns], [1, 1, 3, 574]);
  assert.equal([b.worker, b.turns, b.accuracy, b.loss], [2, 574, a.accuracy, a.loss]);
  assert.ok(b.rounds < a.rounds && b.rounds > 0);
  assert.ok(a.accuracy >= 0.96, `${a.accuracy}`);
  assert.is((await killed.ended).code, null);
});

test('Ctrl-C saves the run and ends the job; it goes on with another number of workers', async () => {
  const folder = newFolder();
  const common = ['train', '--digits', '--epochs', '4', ...listen, '--checkpoint', 'run.safetensors'];
  const first = start([...common, '--workers', '2'], folder);
  const second = start(await invitation(first));
  await first.until('epoch 1/4');
  first.kill('SIGINT');
  const [stopped, left] = await Promise.all([first.ended, second.ended]);
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, 'stopped by Ctrl-C; the run is saved in run.safetensors. To go on:\n');
  assert.is(left.code, 1, left.stderr);
  assert.match(left.stderr, 'worker 0, at which the hub is, has left: the job is over');

  const again = [...common, '--workers', '1', '--resume', '--json'];
  const [resumed, seen] = await Promise.all([
    sparseSgd(again, folder),
    sparseSgd(['inspect', 'run.safetensors'], folder),
  ]);
  const { accuracy, turns, rounds } = resultOf(resumed);
  assert.match(resumed.stderr, 'goes on from run.safetensors');
  assert.match(resumed.stderr, /memories are of 2 workers, now there are 1: they are redistributed/);
  assert.is(turns, 164);
  assert.ok(rounds < 164 - 41 + 5, `${rounds}`);
  assert.ok(accuracy >= 0.95, `${accuracy}`);
  assert.match(seen.stdout, /check point of a distributed run\n {2}job +digits, top-k:1%@float16\n {2}turns/);
});

test('Ctrl-C at a worker that others can do without ends that one', async () => {
  const hub = start(['hub', '--listen', '127.0.0.1:0']);
  const address = /hub:\/\/(\S+);/.exec(await hub.until(/hub at \S+;/))![1]!;
  const folder = newFolder();
  writeRows(join(folder, 'rows'), 2000, 1);
  const job = [
    '--data',
    'rows',
    '--workers',
    '3',
    '--hub',
    address,
    '--job',
    'a-job',
    '--epochs',
    '10',
    '--batch',
    '40',
  ];
  const first = start(['train', ...job, '--json'], folder);
  const words = await invitation(first);
  assert.equal(words, ['join', `hub://${address}`, '--job', 'a-job', '--data', 'rows']);
  const [second, third] = [start(words, folder), start(words.slice(0, 4), folder)];
  const lost = await third.ended;
  assert.is(lost.code, 2, lost.stderr);
  assert.match(lost.stderr, 'the job is on a file of 2000 rows of 20 features: name it with --data FILE');
  await second.until('epoch 1/10');
  second.kill('SIGINT');
  const stopped = await second.ended;
  assert.is(stopped.code, 130, stopped.stderr);
  assert.match(stopped.stderr, /stopped by Ctrl-C\n$/);
  const { accuracy, turns } = resultOf(await first.ended);
  assert.is(turns, 500);
  assert.ok(accuracy > 0.85, `${accuracy}`);
  hub.kill('SIGINT');
  assert.is((await hub.ended).code, 130);
});

test.run();
