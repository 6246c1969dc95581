/** Installs Debian packages, one process at a time: test suites run side by side and may want the same browser. */
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Needs root. Waits for others that install, ours (a lock file) and anybody's (apt's own lock). @throws if apt-get fails */
export function installDebianPackages(...names: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install =
    'apt-get update -qq && apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 "$@"';
  const lock = join(tmpdir(), 'saccade-apt.lock');
  execFileSync('flock', [lock, 'sh', '-c', install, 'sh', ...names], { env, stdio: 'inherit' });
}
