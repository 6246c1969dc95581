/** A program with a command for each way to end. */
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Command,
  interrupted,
  print,
  readArguments,
  runCommand,
  tell,
  UsageError,
  writeFile,
} from '@saccade/command';

const commands: Readonly<Record<string, Command>> = {
  async add(args) {
    const { values } = readArguments(args, { by: { type: 'string' } });
    await print(`${1 + Number(values.by)}\n`);
    return 0;
  },
  async fail() {
    writeFile('no/such/folder/x', '');
    return 0;
  },
  async refuse() {
    // As an OptionError of a library is.
    throw Object.assign(new Error('k must be an integer in [1, 8], got 9'), { code: 'option' });
  },
  async wait(_, signal) {
    await tell('waits');
    await pause(60_000, undefined, { signal }).catch(() => signal.throwIfAborted());
    return 0;
  },
  async deaf(_, signal) {
    interrupted(signal).then(() => tell('goes on'));
    await tell('waits');
    await pause(60_000);
    return 0;
  },
  async pour() {
    for (;;) await print('more\n'.repeat(1000));
  },
  async spill() {
    process.stdout.emit('error', new Error('no space left'));
    await pause(60_000);
    return 0;
  },
  async misuse() {
    throw new UsageError('not so');
  },
};

const program = {
  name: 'sample',
  version: '1.2.3',
  help: 'Ends in many ways.\n\n  sample add --by N   adds\n',
  commands: Object.fromEntries(Object.entries(commands).map(([name, command]) => [name, async () => command])),
};

runCommand(program, process.argv.slice(2)).then((code) => process.exit(code));
