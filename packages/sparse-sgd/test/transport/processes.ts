/** Worker processes for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import type { WorkerTask } from '../programs/worker.js';

let bundled: Promise<string> | undefined;

/** Bundles the programs once, so that 16 of them start in the time of a few. @returns the folder, which goes with this process */
function bundlePrograms(): Promise<string> {
  bundled ??= (async () => {
    // Inside the package, so that what is not bundled is found from there.
    mkdirSync('node_modules', { recursive: true });
    const folder = mkdtempSync(join('node_modules', 'test-programs-'));
    process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
    await build({
      config: false,
      silent: true,
      entry: ['hub', 'worker', 'thread'].map((name) => `test/programs/${name}.ts`),
      outDir: folder,
      format: 'esm',
      target: 'node20',
      splitting: true,
      external: [/^@nats-io\//],
      noExternal: [/^@saccade\//],
      esbuildOptions: (options) => {
        options.conditions = ['@saccade/source'];
      },
    });
    return folder;
  })();
  return bundled;
}

/** Path of a program of `test/programs`, ready to run. */
export async function programFile(name: string): Promise<string> {
  return join(await bundlePrograms(), `${name}.js`);
}

/** What a worker says in the end. */
export interface WorkerResult {
  readonly rank: number;
  /** Check sum over all messages of all rounds. */
  readonly sum: number;
  readonly rounds: number;
  readonly missed: number;
  readonly dropped: { readonly late: number; readonly duplicate: number; readonly malformed: number };
}

/** A process that prints lines of JSON. */
export class Program {
  readonly #child: ChildProcess;
  readonly #lines: Record<string, unknown>[] = [];
  readonly #waiting = new Set<() => void>();
  #errors = '';

  /** @param through a command that runs it, such as `['ip', 'netns', 'exec', 'name']` */
  constructor(file: string, argument: unknown, through: readonly string[] = []) {
    const [command, ...before] = [...through, process.execPath, file, JSON.stringify(argument)];
    this.#child = spawn(command!, before, { stdio: ['ignore', 'pipe', 'pipe'] });
    let rest = '';
    this.#child.stdout!.on('data', (piece: Buffer) => {
      const lines = (rest + piece).split('\n');
      rest = lines.pop()!;
      this.#lines.push(...lines.map((line) => JSON.parse(line) as Record<string, unknown>));
      this.#wake();
    });
    this.#child.stderr!.on('data', (piece: Buffer) => {
      this.#errors = (this.#errors + piece).slice(-4000);
    });
    this.#child.on('exit', () => setImmediate(() => this.#wake()));
  }

  /** The first line for which `pick` gives something. @throws if the program ends before, or after `seconds` */
  async line<T>(pick: (line: Record<string, unknown>) => T | undefined, seconds = 50): Promise<T> {
    const find = (): T | undefined => this.#lines.map(pick).find((found) => found !== undefined);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#wake();
    }, 1000 * seconds);
    try {
      for (let found = find(); ; found = find()) {
        if (found !== undefined) return found;
        if (this.#child.exitCode !== null || this.#child.signalCode !== null || late) {
          const last = JSON.stringify(this.#lines.at(-1));
          throw new Error(`the program ${late ? 'took too long' : 'ended'} after ${last}: ${this.#errors}`);
        }
        await new Promise<void>((resolve) => this.#waiting.add(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** Until it is at the round, or behind it. */
  async atRound(round: number): Promise<void> {
    await this.line((line) => ((line.round as number) >= round ? true : undefined));
  }

  result(): Promise<WorkerResult> {
    return this.line((line) => line.done as WorkerResult | undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** Starts a program of `test/programs`. */
export type StartProgram = (name: string, argument: unknown, through?: readonly string[]) => Program;

/** Starts a worker. */
export type StartWorker = (task: WorkerTask, through?: readonly string[]) => Program;

/** Runs with processes that are gone afterwards, however it ends. */
export async function withPrograms(run: (worker: StartWorker, program: StartProgram) => Promise<void>): Promise<void> {
  const folder = await bundlePrograms();
  const programs: Program[] = [];
  const start: StartProgram = (name, argument, through) => {
    const program = new Program(join(folder, `${name}.js`), argument, through);
    programs.push(program);
    return program;
  };
  try {
    await run((task, through) => start('worker', task, through), start);
  } finally {
    for (const program of programs) program.kill('SIGKILL');
  }
}
