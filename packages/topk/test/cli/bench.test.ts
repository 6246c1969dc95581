/** `topk bench`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { topk } from './command.js';

const tiny = ['bench', '--n', '20', '--samples', '10', '--runs', '2', '--threads', '1'];

interface BenchResult {
  readonly n: number;
  readonly times: readonly {
    readonly method: string;
    readonly forward?: { readonly least: number; readonly median: number; readonly runs: number };
    readonly error?: string;
  }[];
  readonly gradientHealth?: { readonly estimates: readonly { readonly gradient: string }[] };
}

test('it times the methods asked for, and tells which cannot do it', async () => {
  const [json, text] = await Promise.all([
    topk([...tiny, '--k', '20', '--methods', 'exact,lapsum', '--json']),
    topk([...tiny, '--k', '3', '--methods', 'perturbed,hard']),
  ]);
  assert.is(json.code, 0, json.stderr);
  const { n, times, gradientHealth } = JSON.parse(json.stdout) as BenchResult;
  assert.is(n, 20);
  assert.is(times[0]?.forward?.runs, 2);
  assert.ok(times[0]!.forward!.least <= times[0]!.forward!.median);
  assert.match(times[1]!.error!, /k must be in \(0, 20\), got 20/);
  assert.is(gradientHealth, undefined);
  assert.is(text.code, 0, text.stderr);
  assert.match(text.stdout, /^n 20, k 3, sigma 0.05, samples 10, batch 1; wasm/);
  assert.match(text.stdout, /\nperturbed +\S+ ms +\S+ ms +\S+ ms +\S+ ms\nhard /);
  assert.match(text.stdout, /\nGradients of perturbed, 10 samples.*\nfull +-?\d\.\d{3}/s);
});

test('a method that there is not ends with 2', async () => {
  const { code, stderr } = await topk([...tiny, '--methods', 'exact,best']);
  assert.is(code, 2);
  assert.match(stderr, /--methods must be some of exact, .*, got best/);
});

test.run();
