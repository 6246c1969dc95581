/** Starts the command as a person would, on a folder of fixtures. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The path of a folder of fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A new empty folder. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'saccade-lab-'));
}

/** What the command printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command; sends it Ctrl-C once standard error contains `interruptAt`. */
export function command(args: readonly string[], interruptAt?: string): Promise<Ended> {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const { INIT_CWD: _cwd, SACCADE_DATA: _data, ...env } = process.env;
  const node = ['--conditions=@saccade/source', '--import', 'tsx', main];
  const child = spawn(process.execPath, [...node, ...args], { env });
  let [stdout, stderr, sent] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (interruptAt === undefined || sent || !stderr.includes(interruptAt)) return;
    sent = child.kill('SIGINT');
  });
  return new Promise((done) => child.on('close', (code) => done({ code, stdout, stderr })));
}
