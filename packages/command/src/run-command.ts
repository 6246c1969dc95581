/** Which command of a program was meant, how it ended, and what that means to a shell. */
import { interruptSignal, isInterrupt } from './interrupt.js';
import { onBrokenOutput } from './on-broken-output.js';
import { print, tell } from './print.js';
import { isUsage, UsageError } from './usage-error.js';

/** Does what its arguments say. @returns the exit status */
export type Command = (args: readonly string[], signal: AbortSignal) => Promise<number>;

/** A program of several commands. */
export interface Program {
  /** What people type: `topk`. */
  readonly name: string;
  readonly version: string;
  /** What it is for, and a line for each command. What all programs have is told behind it. */
  readonly help: string;
  /** Loaded when they are called: help comes at once. */
  readonly commands: Readonly<Record<string, () => Promise<Command>>>;
}

/** The last line of each program's help. */
const statuses = 'Exit status: 0 if all went well, 1 if something failed, 2 for a wrong option, 130 after Ctrl-C.\n';

function fullHelp({ name, help }: Program): string {
  const [one, all] = [`${name} COMMAND --help`, `${name} --version`];
  return `${help}
  ${one}   the options of a command
  ${all.padEnd(one.length)}   the version

${statuses}`;
}

function isCommand({ commands }: Program, name: string | undefined): name is string {
  return name !== undefined && Object.hasOwn(commands, name);
}

/** `train, predict and bench`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

async function dispatch(program: Program, args: readonly string[], signal: AbortSignal): Promise<number> {
  const [name, ...rest] = args;
  if (name === '--help' || name === '-h' || name === 'help') {
    await print(fullHelp(program));
    return 0;
  }
  if (name === '--version') {
    await print(`${program.version}\n`);
    return 0;
  }
  if (isCommand(program, name)) return (await program.commands[name]!())(rest, signal);
  const wrong = name === undefined ? 'expected a command' : `no command '${name}'`;
  throw new UsageError(`${wrong}; there are ${listed(Object.keys(program.commands))}`);
}

/** Runs a command line of a program. Errors are told on standard error, without a stack. @returns the exit status */
export function runCommand(program: Program, args: readonly string[]): Promise<number> {
  const { name } = program;
  const own = isCommand(program, args[0]) ? `${name} ${args[0]}` : name;
  return exitStatus(name, `${own} --help`, (signal) => dispatch(program, args, signal));
}

/**
 * Runs something that Ctrl-C can stop, and tells what it throws on standard error, without a stack. Ends the process where nobody reads
 * its output any more: with 0 while it runs, else with the status that it was about to give.
 *
 * @param name what the message begins with
 * @param help the command that lists the options, for those who had one wrong
 * @returns the exit status: what `run` gives; else 2 for wrong use, 130 after Ctrl-C, and 1
 */
export async function exitStatus(
  name: string,
  help: string,
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const signal = interruptSignal();
  let status = 0;
  onBrokenOutput(name, () => status);
  try {
    status = await run(signal);
  } catch (error) {
    status = isInterrupt(error, signal) ? 130 : isUsage(error) ? 2 : 1;
    await tell(status === 130 ? 'stopped by Ctrl-C' : `${name}: ${error instanceof Error ? error.message : error}`);
    if (status === 2) await tell(`${help} lists the options`);
  }
  return status;
}
