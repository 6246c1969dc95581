#!/usr/bin/env node
/** The command `topk`: trains selectors, asks them about images, times the operator. */
import { runCommand } from './cli/run-command.js';

// Ends the process itself: threads that wait for work would keep it alive.
runCommand(process.argv.slice(2)).then((code) => process.exit(code));
