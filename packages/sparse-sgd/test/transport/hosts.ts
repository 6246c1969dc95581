/** Two hosts with a cable between them, made of network namespaces of Linux. */
import { execFileSync } from 'node:child_process';

const command = 'ip';

/** The hosts `near` and `far`. */
export interface Hosts {
  /** Address of the near host. */
  readonly address: string;
  /** What runs a command on a host. */
  readonly on: { readonly near: readonly string[]; readonly far: readonly string[] };
  /** Cuts the cable: nothing arrives, and nobody is told. */
  cut(): void;
  /** Mends it. */
  heal(): void;
  close(): void;
}

/** The hosts; a sentence that says why not where this machine cannot have namespaces. */
export function makeHosts(): Hosts | string {
  const [near, far] = [`saccade-${process.pid}-near`, `saccade-${process.pid}-far`];
  const ip = (...words: string[]): void => void execFileSync(command, words, { stdio: ['ignore', 'ignore', 'pipe'] });
  const close = (): void => {
    for (const name of [near, far]) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  };
  const [nearAddress, farAddress] = ['10.231.7.1', '10.231.7.2'];
  try {
    for (const name of [near, far]) ip('netns', 'add', name);
    ip('link', 'add', 'cable', 'netns', near, 'type', 'veth', 'peer', 'name', 'cable', 'netns', far);
    for (const [name, address] of [
      [near, nearAddress],
      [far, farAddress],
    ] as const) {
      ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', 'cable');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'link', 'set', 'cable', 'up');
    }
    ip('netns', 'exec', near, 'true');
  } catch (error) {
    close();
    return (error instanceof Error ? error.message : String(error)).trim().split('\n').at(-1)!;
  }
  // The far end of the cable stays up, so no program hears of the cut by its interface.
  const cable = (state: 'up' | 'down'): void => ip('-n', near, 'link', 'set', 'cable', state);
  return {
    address: nearAddress,
    on: { near: [command, 'netns', 'exec', near], far: [command, 'netns', 'exec', far] },
    cut: () => cable('down'),
    heal: () => cable('up'),
    close,
  };
}
