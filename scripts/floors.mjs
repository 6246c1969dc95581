// Fails where a workspace carries no floor in its turbo.json: `turbo boundaries` lets an untagged one import anything. And where
// assembly of one package imports from another's, which turbo cannot read, anything but kernels/assembly/lib.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const json = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined);
const floors = Object.keys(json('turbo.json').boundaries.tags);
const workspaces = json('package.json').workspaces.flatMap((pattern) => {
  if (!pattern.endsWith('/*')) return [pattern];
  const parent = pattern.slice(0, -2);
  return existsSync(parent) ? readdirSync(parent).map((name) => join(parent, name)) : [];
});

for (const folder of workspaces.filter((name) => existsSync(join(name, 'package.json')))) {
  const tags = json(join(folder, 'turbo.json'))?.tags ?? [];
  if (tags.length === 1 && floors.includes(tags[0])) continue;
  console.error(
    `${folder}/turbo.json must name one floor in "tags", one of ${floors.join(', ')}; got ${JSON.stringify(tags)}`,
  );
  process.exitCode = 1;
}

for (const folder of workspaces.map((name) => join(name, 'assembly')).filter(existsSync)) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.ts'))) {
    const source = readFileSync(join(folder, file), 'utf8');
    for (const [, from] of source.matchAll(/from '(\.\.[^']*)'/g)) {
      if (from === '../../kernels/assembly/lib') continue;
      console.error(`${folder}/${file} imports ${from}; what packages may build on is in kernels/assembly/lib.ts`);
      process.exitCode = 1;
    }
  }
}
