/** Workers in processes of their own, at a nats-server. */
import { natsWanted, startNatsServer } from '@saccade/testing/nats-server';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { invitation, sparseSgd, start } from './command.js';

const withNats = natsWanted ? test : test.skip;

withNats('two processes read digits over NATS with at most 2 % of the bytes', async () => {
  const nats = await startNatsServer();
  try {
    const job = ['--workers', '3', '--nats', nats.url, '--job', 'read-digits'];
    const first = start(['train', '--digits', '--epochs', '3', '--json', ...job]);
    const words = await invitation(first);
    assert.equal(words, ['join', nats.url, '--job', 'read-digits']);
    // Somebody else takes the same name for a job of his own.
    const [second, other] = await Promise.all([
      sparseSgd([...words, '--json']),
      sparseSgd(['train', '--digits', '--epochs', '9', ...job]),
    ]);
    assert.is(other.code, 2, other.stderr);
    assert.match(other.stderr, "there is a job 'read-digits' already, with other settings");
    const [a, b] = [await first.ended, second].map(({ code, stdout, stderr }) => {
      assert.is(code, 0, stderr);
      return JSON.parse(stdout) as Record<string, number>;
    });
    assert.equal([a!.turns, b!.turns, b!.accuracy, b!.loss], [123, 123, a!.accuracy, a!.loss]);
    assert.ok(a!.accuracy! >= 0.95 && a!.share! <= 0.02, `${a!.accuracy}, ${a!.share}`);
  } finally {
    await nats.close();
  }
});

test.run();
