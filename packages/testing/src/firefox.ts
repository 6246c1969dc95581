/** Finds Firefox, installing Debian's package where it is missing and that can be, and opens a page in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installDebianPackages } from './debian.js';

const knownPaths = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
];

/** Firefox has WebGL only on a display: Xvfb is one without a screen, on which Mesa plays the GPU. */
const debianPackages = ['firefox-esr', 'xvfb', 'libegl1', 'libgl1', 'libgl1-mesa-dri'];

const findXvfb = (): string | undefined => ['/usr/bin/Xvfb'].find((path) => existsSync(path));

/** A Firefox, and whether it has a display for WebGL. */
export interface Firefox {
  readonly path: string;
  readonly xvfb: string | undefined;
}

/** `SACCADE_FIREFOX` if set, else an installed one, else Debian's package (as root); undefined without. */
export function findFirefox(): Firefox | undefined {
  const find = (): string | undefined => process.env.SACCADE_FIREFOX ?? knownPaths.find((path) => existsSync(path));
  const isRootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (isRootOnDebian && !(find() && findXvfb())) {
    try {
      installDebianPackages(...debianPackages);
    } catch {
      // A second engine is welcome, not needed: who calls says that there is none.
    }
  }
  const path = find();
  return path === undefined ? undefined : { path, xvfb: findXvfb() };
}

/** Starts a display; resolves to its name. */
function startDisplay(xvfb: string): Promise<{ display: string; child: ChildProcess }> {
  const child = spawn(xvfb, ['-displayfd', '1', '-screen', '0', '800x600x24'], { stdio: ['ignore', 'pipe', 'ignore'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)));
    child.stdout?.once('data', (number: Buffer) => resolve({ display: `:${number.toString().trim()}`, child }));
  });
}

/** What keeps a fresh profile from asking, reporting and looking for updates; WebGL even if software plays it. */
const preferences: Record<string, boolean | number | string> = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'dom.max_script_run_time': 0,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'toolkit.telemetry.enabled': false,
  'webgl.force-enabled': true,
};

/** Opens an address in Firefox, with a profile of its own, and without a window that anybody sees; the result ends it. */
export async function openFirefox({ path, xvfb }: Firefox, url: string): Promise<() => void> {
  const profile = mkdtempSync(join(tmpdir(), 'saccade-firefox-'));
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`);
  writeFileSync(join(profile, 'user.js'), lines.join(''));
  const screen = xvfb === undefined ? undefined : await startDisplay(xvfb);
  const args = [...(screen ? [] : ['--headless']), '--no-remote', '--new-instance', '--profile', profile, url];
  const env = screen ? { ...process.env, DISPLAY: screen.display } : process.env;
  // In a group of its own, so that its content processes end with it.
  const child = spawn(path, args, { stdio: 'ignore', detached: process.platform !== 'win32', env });
  return () => {
    try {
      if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL');
      else child.kill('SIGKILL');
    } catch {
      // It has ended by itself.
    }
    screen?.child.kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  };
}
