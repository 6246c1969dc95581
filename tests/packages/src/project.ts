/** A user's project: a folder outside the repository with the packed packages installed and this workspace's fixtures. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../../..');
const runFile = promisify(execFile);

export interface Project {
  /** Where it lies. */
  folder: string;
  /** Names of the published packages in it. */
  packages: string[];
  /** Runs Node there; resolves to what it printed. A failure rejects with the output in its message. */
  node(...args: string[]): Promise<string>;
}

let project: Promise<Project> | undefined;

/** Packs and installs once per run; the folder goes when the process ends. */
export function userProject(): Promise<Project> {
  project ??= create();
  return project;
}

/** The same project in another folder, with packages of others installed too, such as `name@1.0.0`. */
export async function projectWith(others: readonly string[]): Promise<Project> {
  const { folder: original, packages } = await userProject();
  const folder = newFolder();
  cpSync(original, folder, { recursive: true, verbatimSymlinks: true });
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...others], folder);
  return projectIn(folder, packages);
}

async function create(): Promise<Project> {
  const folder = newFolder();
  const packages = publishedPackages();
  const workspaces = packages.flatMap((name) => ['--workspace', name]);
  await run('npm', ['pack', '--silent', '--pack-destination', folder, ...workspaces], root);
  const tarballs = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  if (tarballs.length !== packages.length) throw new Error(`packed ${tarballs} for ${packages}`);

  writeFileSync(join(folder, 'package.json'), '{ "name": "user", "private": true }\n');
  await run('npm', ['install', '--no-audit', '--no-fund', ...tarballs.map((name) => `./${name}`)], folder);
  cpSync(resolve(import.meta.dirname, '../fixtures'), folder, { recursive: true });
  return projectIn(folder, packages);
}

/** A folder that goes when the process ends. */
function newFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'saccade-user-')));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function projectIn(folder: string, packages: string[]): Project {
  return { folder, packages, node: (...args) => run(process.execPath, args, folder) };
}

/** Names of the packages that are not private. */
function publishedPackages(): string[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')))
    .filter((manifest) => !manifest.private)
    .map((manifest) => manifest.name as string);
}

async function run(command: string, args: string[], cwd: string): Promise<string> {
  try {
    const shell = process.platform === 'win32' && command === 'npm';
    const { stdout } = await runFile(command, args, { cwd, shell, maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error });
  }
}
