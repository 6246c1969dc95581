/** Which command was meant, how it ended, and what that means to a shell. */
import manifest from '../../package.json' with { type: 'json' };
import { isUsage, UsageError } from './arguments.js';
import { interruptSignal, isInterrupt } from './interrupt.js';
import { print } from './print.js';

const help = `Trains one model on several machines, threads or tabs by sending a sliver of each gradient.

  sparse-sgd train --data FILE [options]    a linear model by Mem-SGD, on this machine
  sparse-sgd train --digits [options]       a network that reads digits, alone or with other workers
  sparse-sgd join ADDRESS --job NAME        takes part in a job as one more worker
  sparse-sgd hub --listen HOST:PORT         a hub where workers meet
  sparse-sgd bench [options]                times compressors for your sizes
  sparse-sgd inspect FILE                   what a check point, a file of weights or a message holds

  sparse-sgd COMMAND --help   the options of a command
  sparse-sgd --version        the version

Exit status: 0 if all went well, 1 if something failed, 2 for a wrong option, 130 after Ctrl-C.
`;

/** Each gives the exit status. */
type Command = (args: readonly string[], signal: AbortSignal) => Promise<number>;

/** Loaded when they are called: help comes at once. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./train.js')).train,
  join: async () => (await import('./join.js')).join,
  hub: async () => (await import('./hub.js')).hub,
  bench: async () => (await import('./bench.js')).bench,
  inspect: async () => (await import('./inspect.js')).inspect,
};

const names = 'train, join, hub, bench and inspect';

async function dispatch(args: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    await print(help);
    return 0;
  }
  if (name === '--version') {
    await print(`${manifest.version}\n`);
    return 0;
  }
  if (name === undefined) throw new UsageError(`expected a command; there are ${names}`);
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`no command '${name}'; there are ${names}`);
  return (await command())(rest, signal);
}

/** Runs a command line; errors are told on standard error. @returns the exit status */
export async function runCommand(args: readonly string[]): Promise<number> {
  const signal = interruptSignal();
  try {
    return await dispatch(args, signal);
  } catch (error) {
    if (isInterrupt(error, signal)) {
      await print('stopped by Ctrl-C\n', process.stderr);
      return 130;
    }
    const message = error instanceof Error ? error.message : String(error);
    const command = Object.hasOwn(commands, args[0] ?? '') ? `${args[0]} ` : '';
    const hint = isUsage(error) ? `sparse-sgd ${command}--help lists the options\n` : '';
    await print(`sparse-sgd: ${message}\n${hint}`, process.stderr);
    return isUsage(error) ? 2 : 1;
  }
}
