import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SaccadeError } from '@saccade/tensor';
import { assertRejects } from '@saccade/testing';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { loadDistributed } from '../src/distributed/load-distributed.js';
import { saveDistributed } from '../src/distributed/save-distributed.js';
import { parametersOf, train, withWorkers } from './distributed-workers.js';

const folder = mkdtempSync(join(tmpdir(), 'sparse-sgd-'));
test.after(() => rmSync(folder, { recursive: true }));

test('a check point is a file, written under another name first', async () => {
  const path = join(folder, 'run.safetensors');
  await withWorkers(2, {}, async (workers) => {
    await train(workers, 3);
    const [first, second] = workers;
    await Promise.all([saveDistributed(path, first!.optimizer), saveDistributed(undefined, second!.optimizer)]);
    assert.equal(readdirSync(folder), ['run.safetensors']);
    await train(workers, 2, 3);
  });
  await withWorkers(2, {}, async (workers) => {
    await Promise.all(workers.map(({ optimizer }, i) => loadDistributed(i === 0 ? path : undefined, optimizer)));
    assert.is(workers[1]!.optimizer.turns, 3);
    assert.equal(parametersOf(workers[0]!), parametersOf(workers[1]!));
  });
});

test('a file that is not there, and a folder that is not, are told', async () => {
  await withWorkers(1, {}, async ([worker]) => {
    const nowhere = join(folder, 'no', 'such.safetensors');
    await assertRejects(
      () => loadDistributed(nowhere, worker!.optimizer),
      SaccadeError,
      /cannot read the check point.*such/,
    );
    await assertRejects(() => saveDistributed(nowhere, worker!.optimizer), SaccadeError, /cannot write.*such/);
  });
});

test.run();
