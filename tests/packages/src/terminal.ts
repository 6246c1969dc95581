/** A terminal in which somebody types a command and reads what it says. */
import { type ChildProcess, spawn } from 'node:child_process';

/** A command that runs. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #printed = { stdout: '', stderr: '' };
  readonly #listeners = new Set<() => void>();
  #ended: { readonly code: number | null } | undefined;

  /** @param command words with spaces between */
  constructor(folder: string, command: string) {
    // A group of its own, so that `close` also ends what npx starts.
    this.#child = spawn(command, { cwd: folder, shell: true, detached: process.platform !== 'win32' });
    for (const name of ['stdout', 'stderr'] as const) {
      this.#child[name]!.setEncoding('utf8').on('data', (text: string) => {
        this.#printed[name] += text;
        this.#changed();
      });
    }
    this.#child.on('close', (code) => {
      this.#ended = { code };
      process.off('exit', this.close);
      this.#changed();
    });
    process.on('exit', this.close);
  }

  /** What the command has printed as soon as it matches; rejects if it ends before. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#printed.stderr);
      if (found !== null) return found;
      if (this.#ended !== undefined) throw this.#unexpected();
      await this.#change();
    }
  }

  /** What it printed on standard output, once it has ended well. */
  async result(): Promise<string> {
    while (this.#ended === undefined) await this.#change();
    if (this.#ended.code !== 0) throw this.#unexpected();
    return this.#printed.stdout;
  }

  /** Ends the command. */
  readonly close = (): void => {
    const { pid } = this.#child;
    if (this.#ended !== undefined || pid === undefined) return;
    if (process.platform === 'win32') this.#child.kill();
    else process.kill(-pid, 'SIGKILL');
  };

  #unexpected(): Error {
    const { stdout, stderr } = this.#printed;
    return new Error(`${this.#child.spawnargs.join(' ')} ended with ${this.#ended?.code}:\n${stdout}${stderr}`);
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#listeners.add(resolve));
  }
}
