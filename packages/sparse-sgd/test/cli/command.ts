/** Starts the command as a person would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Rng } from '@saccade/tensor';

/** A new empty folder. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'saccade-sparse-sgd-'));
}

/** What the command printed, and how it ended: `code` is null after a signal. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface Running {
  /** Resolves with what standard error has once that contains `text`. @throws if the command ends before */
  until(text: string | RegExp): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  readonly ended: Promise<Ended>;
}

/** Milliseconds after which a command that hangs is killed, so that its test fails. */
const longest = 120_000;

const main = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** Starts it in a folder. */
export function start(args: readonly string[], cwd: string = newFolder()): Running {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@saccade/source', '--import', tsx, main, ...args],
    { cwd, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    for (const look of waiting) look();
  });
  const late = setTimeout(() => child.kill('SIGKILL'), longest);
  const ended = new Promise<Ended>((done) => {
    child.on('close', (code) => {
      clearTimeout(late);
      done({ code, stdout, stderr });
    });
  });
  const until = (text: string | RegExp): Promise<string> =>
    new Promise((done, failed) => {
      const look = (): void => {
        if (typeof text === 'string' ? !stderr.includes(text) : !text.test(stderr)) return;
        waiting.delete(look);
        done(stderr);
      };
      waiting.add(look);
      look();
      ended.then(() => failed(new Error(`ended without ${text}:\n${stderr}${stdout}`)));
    });
  return { until, kill: (signal) => void child.kill(signal), ended };
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
