#!/usr/bin/env node
/** The command `sparse-sgd`: trains on one machine or many, times compressors, looks into files. */
import { runCommand } from './cli/run-command.js';

// Ends the process itself: threads and connections that wait for work would keep it alive.
runCommand(process.argv.slice(2)).then((code) => process.exit(code));
