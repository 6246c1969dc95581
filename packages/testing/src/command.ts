/** Commands as a person starts them in a shell: what they print, how they end, and Ctrl-C on the way. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { newFolder } from './new-folder.js';

/** What a command printed, and how it ended: `code` is null after a signal. */
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

/** Options of `startCommand`. */
export interface StartOptions {
  /** Folder that it runs in. Default: a new one. */
  readonly cwd?: string | undefined;
  /** Variables of its environment beside those of this process, or undefined to take one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Milliseconds after which a command that hangs is killed, so that its test fails. */
const longest = 120_000;

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The environment without what npm tells the scripts that it runs. */
function shellEnvironment(): NodeJS.ProcessEnv {
  const isOfNpm = (name: string): boolean => /^npm_/i.test(name) || name === 'INIT_CWD';
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOfNpm(name)));
}

/** Starts a program from its source. @param main the file, in TypeScript */
export function startCommand(
  main: URL,
  args: readonly string[],
  { cwd = newFolder(), env = {} }: StartOptions = {},
): Running {
  const node = ['--conditions=@saccade/source', '--import', tsx, fileURLToPath(main)];
  const child = spawn(process.execPath, [...node, ...args], {
    cwd,
    env: { ...shellEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  const waiting = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
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
