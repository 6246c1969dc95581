/** The command: reads its options, installs the peers, runs the benchmark. Exit code 1 if a result was wrong or missing. */
import { readOptions, usage } from './options.js';
import { installPeers } from './peers/install.js';

try {
  const options = readOptions(process.argv.slice(2));
  if (options.help) process.stdout.write(usage);
  else {
    installPeers();
    const { runBenchmark } = await import('./benchmark.js'); // not for --help: it needs the built packages
    process.exitCode = (await runBenchmark(options)) ? 0 : 1;
  }
} catch (error) {
  console.error(`bench: ${(error as Error).message}`);
  process.exitCode = 2;
}
