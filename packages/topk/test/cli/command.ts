/** Starts the command as a person would. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** A new empty folder. */
export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'saccade-topk-'));
}

/** What the command printed, and how it ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command in a folder; sends it Ctrl-C once standard error contains `interruptAt`. */
export function topk(args: readonly string[], cwd?: string, interruptAt?: string): Promise<Ended> {
  const main = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const child = spawn(process.execPath, ['--conditions=@saccade/source', '--import', tsx, main, ...args], { cwd });
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

/** Options with which training takes a moment. */
// biome-ignore format: pairs
export const tiny: readonly string[] = [
  '--size', '48x48', '--downscale', '2', '--scorer-channels', '2,2,2', '--patches', '2', '--patch-size', '16',
  '--epochs', '1', '--batch', '4', '--threads', '1',
];
