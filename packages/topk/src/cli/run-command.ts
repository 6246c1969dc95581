/** Which command was meant, how it ended, and what that means to a shell. */
import manifest from '../../package.json' with { type: 'json' };
import { isUsage, UsageError } from './arguments.js';
import { interruptSignal, isInterrupt } from './interrupt.js';
import { print } from './print.js';

const help = `Networks that look only at the patches of an image that matter.

  topk train --data DIR [options]           trains a selector on labelled images
  topk predict IMAGE... --model FILE        classes of images, and where it looked
  topk bench [options]                      times the top-k operator for your sizes

  topk COMMAND --help   the options of a command
  topk --version        the version

Exit status: 0 if all went well, 1 if something failed, 2 for a wrong option, 130 after Ctrl-C.
`;

/** Each gives the exit status. */
type Command = (args: readonly string[], signal: AbortSignal) => Promise<number>;

/** Loaded when they are called: help comes at once. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  train: async () => (await import('./train.js')).train,
  predict: async () => (await import('./predict.js')).predict,
  bench: async () => (await import('./bench.js')).bench,
};

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
  if (name === undefined) throw new UsageError('expected a command: train, predict or bench');
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) throw new UsageError(`no command '${name}'; there are train, predict and bench`);
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
    const hint = isUsage(error) ? `topk ${command}--help lists the options\n` : '';
    await print(`topk: ${message}\n${hint}`, process.stderr);
    return isUsage(error) ? 2 : 1;
  }
}
