/** Runs that are gone on with: what is refused, what is told, what people type. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  commandName,
  requireNewRun,
  resumeCommand,
  shellWords,
  tellResumed,
  tellSaved,
  UsageError,
} from '@saccade/command';
import { assertThrows } from '@saccade/testing';
import { newFolder } from '@saccade/testing/new-folder';
import { test } from 'uvu';
import * as assert from 'uvu/assert';

/** Runs with another value of the variable by which npx is told. */
function asNpm<T>(command: string | undefined, run: () => T): T {
  const before = process.env.npm_command;
  const set = (value: string | undefined): void => {
    if (value === undefined) delete process.env.npm_command;
    else process.env.npm_command = value;
  };
  set(command);
  try {
    return run();
  } finally {
    set(before);
  }
}

/** What goes to standard error meanwhile. */
async function told(run: () => Promise<unknown>): Promise<string> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = ((piece: string, done: () => void) => {
    text += piece;
    done();
    return true;
  }) as typeof write;
  try {
    await run();
  } finally {
    process.stderr.write = write;
  }
  return text;
}

test('a run that nobody asked to go on with is not written over', () => {
  const checkpoint = join(newFolder(), 'run');
  requireNewRun({ checkpoint, resume: false });
  requireNewRun({ checkpoint: undefined, resume: false });
  writeFileSync(checkpoint, '');
  requireNewRun({ checkpoint, resume: true });
  const message = /^there is a run in .*run: go on with --resume, or remove it$/;
  assertThrows(() => requireNewRun({ checkpoint, resume: false }), UsageError, message);
});

test('people are told what is gone on with, and how to go on', async () => {
  const checkpoint = join(newFolder(), 'run');
  assert.is(await told(() => tellResumed({ checkpoint, resume: true })), `no ${checkpoint} yet: begins\n`);
  writeFileSync(checkpoint, '');
  assert.is(await told(() => tellResumed({ checkpoint, resume: true })), `goes on from ${checkpoint}\n`);
  assert.is(await told(() => tellResumed({ checkpoint, resume: false })), '');
  const saved = await told(async () => assert.is(await tellSaved('run', 'sample train --resume'), 130));
  assert.is(saved, 'stopped by Ctrl-C; the run is saved in run. To go on:\n  sample train --resume\n');
});

test('words are written as a shell reads them', () => {
  assert.is(
    shellWords(['--compress', 'top-k:1%@float16', 'a/b.c', '1,2=3+4']),
    '--compress top-k:1%@float16 a/b.c 1,2=3+4',
  );
  assert.is(shellWords(["it's here", '', '$HOME', 'a\nb', '*']), "'it'\\''s here' '' '$HOME' 'a\nb' '*'");
});

test('the command to go on has --resume once, and npx where that was typed', () => {
  const words = ['train', '--out', 'my model'];
  assert.is(
    asNpm(undefined, () => resumeCommand('topk', words)),
    "topk train --out 'my model' --resume",
  );
  assert.is(
    asNpm('exec', () => resumeCommand('topk', ['train', '--resume'])),
    'npx @saccade/topk train --resume',
  );
  assert.is(
    asNpm('run-script', () => commandName('topk')),
    'topk',
  );
});

test.run();
