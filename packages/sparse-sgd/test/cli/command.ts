/** The command `sparse-sgd`, started from its source. */
import { writeFileSync } from 'node:fs';
import { Rng } from '@saccade/tensor';
import { type Ended, type Running, startCommand } from '@saccade/testing/command';

/** Starts it. @param cwd default: a new folder */
export function start(args: readonly string[], cwd?: string): Running {
  return startCommand(new URL('../../src/cli.ts', import.meta.url), args, { cwd });
}

/** Runs it to its end. */
export function sparseSgd(args: readonly string[], cwd?: string): Promise<Ended> {
  return start(args, cwd).ended;
}

/** The command that a worker prints for others, without its name. */
export async function invitation(worker: Running): Promise<string[]> {
  const text = await worker.until(/ join \S+ --job \S+[^\n]*\n/);
  return / (join \S+ --job \S+[^\n]*)\n/.exec(text)![1]!.split(' ');
}

/** Writes rows that a linear model can tell apart, but for some: labels 1 and -1. */
export function writeRows(path: string, count: number, seed: number, features = 20): void {
  const teacher = new Rng(99);
  const weights = Array.from({ length: features }, () => teacher.number() - 0.5);
  const rng = new Rng(seed);
  const lines = Array.from({ length: count }, () => {
    const values = weights.map(() => 2 * rng.number() - 1);
    const margin = values.reduce((sum, value, i) => sum + value * weights[i]!, 0.3 * (rng.number() - 0.5));
    return `${margin > 0 ? 1 : -1} ${values.map((value, i) => `${i + 1}:${value.toFixed(4)}`).join(' ')}`;
  });
  writeFileSync(path, `${lines.join('\n')}\n`);
}
