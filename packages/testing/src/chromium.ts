/** Finds Chromium, installing it where it is missing, and starts it headless. `SACCADE_NO_BROWSER=1` leaves browsers out. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { installDebianPackages } from './debian.js';

/** False where the person asked to leave the browser tests out. */
export const browserWanted: boolean = process.env.SACCADE_NO_BROWSER !== '1';

const knownPaths = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe',
];

const launchFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Flags that give pages WebGPU and WebGL2 played by software, so that they run, and the same, on every machine. */
export const gpuFlags: string[] = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
  '--ignore-gpu-blocklist',
];

/** Flags that give pages the machine's own GPU, without a window: on Linux by Vulkan. For `launchChromium` with `gpu`. */
export const realGpuFlags: string[] = [
  '--enable-unsafe-webgpu',
  '--ignore-gpu-blocklist',
  ...(process.platform === 'linux'
    ? ['--enable-features=Vulkan', '--use-angle=vulkan', '--disable-vulkan-surface']
    : []),
];

/** Starts a headless Chromium; `flags` come after the usual ones. Unless `gpu` is true it leaves the machine's GPU alone. */
export async function launchChromium(flags: string[] = [], { gpu = false }: { gpu?: boolean } = {}): Promise<Browser> {
  const usual = gpu ? launchFlags : [...launchFlags, '--disable-gpu'];
  return await chromium.launch({ executablePath: findChromium(), args: [...usual, ...flags] });
}

/**
 * Path of a Chromium: `SACCADE_CHROMIUM` if set, else an installed one, else Debian's package (as root), else playwright's
 * download. Throws an error that says what was tried and what to do.
 */
export function findChromium(): string {
  const named = process.env.SACCADE_CHROMIUM;
  if (named) {
    if (!existsSync(named)) throw new Error(`SACCADE_CHROMIUM names ${named}, which does not exist`);
    return named;
  }
  const tried: string[] = [];
  const installed = (): string | undefined =>
    [...knownPaths, chromium.executablePath()].find((path) => existsSync(path));
  const attempts: [string, () => void][] = [['look in the usual places', () => {}]];
  if (process.getuid?.() === 0 && existsSync('/etc/debian_version')) {
    attempts.push(['apt-get install chromium', () => installDebianPackages('chromium')]);
  }
  attempts.push(['playwright install chromium', installFromPlaywright]);
  for (const [name, attempt] of attempts) {
    try {
      attempt();
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message.split('\n')[0] : error}`);
    }
    const path = installed();
    if (path) return path;
  }
  throw new Error(
    `no Chromium found for the browser tests. Install Chromium or Chrome, or set SACCADE_CHROMIUM to its path, ` +
      `or leave these tests out with SACCADE_NO_BROWSER=1. Tried: ${tried.join('; ')}`,
  );
}

function installFromPlaywright(): void {
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright-core/package.json')), 'cli.js');
  execFileSync(process.execPath, [cli, 'install', 'chromium'], { stdio: 'inherit' });
}
