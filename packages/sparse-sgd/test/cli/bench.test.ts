/** `sparse-sgd bench`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sparseSgd } from './command.js';

interface BenchResult {
  readonly times: readonly {
    readonly compress: string;
    readonly length: number;
    readonly least: number;
    readonly median: number;
    readonly bytes: number;
    readonly bits: number;
    readonly share: number;
    readonly kept: number;
    readonly claimed?: number;
  }[];
}

test('it times compressors for each size, and measures what they keep', async () => {
  const args = ['bench', '--sizes', '1000,5000', '--runs', '3'];
  const three = ['none', 'top-k:1%', 'qsgd:16'].flatMap((name) => ['--compress', name]);
  const [json, text] = await Promise.all([
    sparseSgd([...args, ...three, '--json']),
    sparseSgd([...args, '--compress', 'sign']),
  ]);
  assert.is(json.code, 0, json.stderr);
  const { times } = JSON.parse(json.stdout) as BenchResult;
  assert.equal(
    times.map(({ compress, length }) => `${compress} ${length}`),
    ['none 1000', 'top-k:1% 1000', 'qsgd:16 1000', 'none 5000', 'top-k:1% 5000', 'qsgd:16 5000'],
  );
  const [none, top] = times;
  assert.ok(Math.abs(none!.share - 1) < 0.01 && Math.abs(none!.kept - 1) < 1e-9);
  assert.is(top!.bits, 10 * 64);
  assert.ok(top!.kept > top!.claimed! && top!.kept < 0.2, `${top!.kept}`);
  assert.ok(times.every(({ least, median }) => least <= median));
  assert.is(text.code, 0, text.stderr);
  assert.match(
    text.stdout,
    /^1000 entries \(wasm, \S+\)\n\n +least +median +bytes +share +kept +claimed\nsign +\S+ ms/,
  );
  assert.match(text.stderr, 'sign, 5000 entries …');
});

test.run();
