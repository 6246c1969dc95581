/** The checkpoint of a trained model that a command line names. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from './usage-error.js';

/** The checkpoint that a path means: the file, or the usual one in a folder. @throws {UsageError} without a path, and for a folder without a checkpoint */
export function checkpointPath(path: string | undefined, usage: string): string {
  if (path === undefined) throw new UsageError(`expected a model: ${usage}`);
  if (!existsSync(path) || !statSync(path).isDirectory()) return path;
  const usual = ['model.safetensors', 'model.safetensors.index.json'].map((name) => join(path, name));
  const found = usual.find((one) => existsSync(one));
  if (found !== undefined) return found;
  throw new UsageError(`there is no model.safetensors in the folder ${path}`);
}
