/** What the commands of all packages share. It is bundled into each: nobody installs it. */
export {
  imageSize,
  oneOf,
  readArguments,
  realNumber,
  someOf,
  wholeNumber,
  wholeNumbers,
} from './arguments.js';
export { checkpointPath } from './checkpoint-path.js';
export { FileError } from './file-error.js';
export { delayedSignal, interrupted, isInterrupt } from './interrupt.js';
export { type ChartScreen, type ChartSize, LiveChart } from './live-chart.js';
export { print, printJson, tell } from './print.js';
export { readFile, readIfThere, readStart } from './read-file.js';
export { commandName, resumeCommand, shellWords } from './resume-command.js';
export { type Command, exitStatus, runCommand } from './run-command.js';
export { requireNewRun, type SavedRun, tellResumed, tellSaved } from './saved-run.js';
export { counted, milliseconds, percent, table } from './table.js';
export { type Times, timeRuns } from './time-runs.js';
export { UsageError } from './usage-error.js';
export { requireFolders, writeFile } from './write-file.js';
