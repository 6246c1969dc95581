/** A user's project with the packages of NATS, without which only `@saccade/sparse-sgd/nats` does not work. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Project, projectWith, userProject } from './project.js';

let project: Promise<Project> | undefined;

/** The packages that users install for NATS, with the versions that this one is tested with. */
export function natsPackages({ folder }: Project): Map<string, string> {
  const path = join(folder, 'node_modules/@saccade/sparse-sgd/package.json');
  const { peerDependencies, devDependencies } = JSON.parse(readFileSync(path, 'utf8'));
  return new Map(Object.keys(peerDependencies).map((name) => [name, devDependencies[name]]));
}

/** Made once per run. */
export function natsProject(): Promise<Project> {
  project ??= create();
  return project;
}

async function create(): Promise<Project> {
  const packages = natsPackages(await userProject());
  return projectWith(Array.from(packages, ([name, version]) => `${name}@${version}`));
}
