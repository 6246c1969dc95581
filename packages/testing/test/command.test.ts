/** Commands that tests start. */
import { existsSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assertRejects } from '@saccade/testing';
import { type Running, type StartOptions, startCommand } from '@saccade/testing/command';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

function start(args: readonly string[], options?: StartOptions): Running {
  return startCommand(new URL('programs/sample.ts', import.meta.url), args, options);
}

interface Said {
  readonly cwd: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

test('a command runs with its arguments, in its folder, as from a shell', async () => {
  const cwd = realpathSync(newFolder());
  const before = process.env.npm_command;
  process.env.npm_command = 'exec';
  try {
    const { code, stdout, stderr } = await start(['a b', '3'], { cwd, env: { EXTRA: 'x', PATH: undefined } }).ended;
    assert.equal([code, stderr], [3, 'runs\n']);
    const said = JSON.parse(stdout) as Said;
    assert.equal([said.cwd, said.args], [cwd, ['a b', '3']]);
    assert.equal([said.env.npm_command, said.env.EXTRA, said.env.PATH], [undefined, 'x', undefined]);
  } finally {
    if (before === undefined) delete process.env.npm_command;
    else process.env.npm_command = before;
  }
});

test('what it prints can be waited for, and Ctrl-C sent', async () => {
  const running = start(['wait']);
  assert.is(await running.until('runs'), 'runs\n');
  assert.is(await running.until(/^ru/), 'runs\n');
  const missing = assertRejects(() => running.until('never'), Error, /ended without never:\nruns/);
  running.kill('SIGINT');
  assert.is((await running.ended).code, 130);
  await missing;
  const killed = start(['wait']);
  await killed.until('runs');
  killed.kill('SIGKILL');
  assert.is((await killed.ended).code, null);
});

test('each folder is new', () => {
  const [one, two] = [newFolder(), newFolder()];
  assert.is.not(one, two);
  writeFileSync(join(one, 'x'), '');
  assert.ok(existsSync(two));
});

test.run();
