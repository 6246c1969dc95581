/** The report: one page that needs nothing but itself, written whole or not at all. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFile } from '@saccade/command';
import { escapeHtml } from '@saccade/pictures';
import type { Paper } from './experiment.js';
import { factsHtml, leftOutHtml, overviewHtml } from './overview.js';
import { pageStyle } from './page-style.js';
import type { RunFacts } from './run-facts.js';
import { paperHtml, sectionHtml } from './section.js';
import { summary } from './terminal-table.js';
import { isDone, type Result } from './verdict.js';

/** The page may load nothing and run nothing, whatever a figure brings. */
const policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/** The experiments whose ids begin alike; their paper stands once where they share it. */
function groupHtml(name: string, results: readonly Result[]): string {
  const papers = new Map<string, Paper>();
  for (const { experiment } of results) if (experiment.paper) papers.set(experiment.paper.title, experiment.paper);
  const [paper] = papers.values();
  const shared = papers.size === 1 && paper !== undefined;
  return `<section class="group" aria-label="${escapeHtml(name)}">
<h2>${escapeHtml(name)}</h2>
${shared ? `<p class="paper">${paperHtml(paper)}</p>` : ''}
${results.map((result) => sectionHtml(result, !shared)).join('\n')}
</section>`;
}

function groups(results: readonly Result[]): string {
  const byName = new Map<string, Result[]>();
  for (const result of results.filter(isDone)) {
    const name = result.experiment.id.split('/')[0] ?? '';
    byName.set(name, [...(byName.get(name) ?? []), result]);
  }
  return [...byName].map(([name, members]) => groupHtml(name, members)).join('\n');
}

/** The page as HTML. */
export function reportHtml(results: readonly Result[], facts: RunFacts): string {
  const cut = '<p class="cut" role="note">Cut short: this run was stopped before its end.</p>';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Saccade: ${summary(results)}</title>
<style>${pageStyle}</style>
</head>
<body>
<header>
<p class="brand">Saccade</p>
<h1>${summary(results)}</h1>
${facts.cutShort ? cut : ''}
${factsHtml(facts)}
</header>
<main>
${overviewHtml(results)}
${groups(results)}
${leftOutHtml(results)}
</main>
</body>
</html>
`;
}

/** Writes `index.html` into a folder, whole or not at all; returns its path. @throws {FileError} */
export function writeReport(folder: string, results: readonly Result[], facts: RunFacts): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'index.html');
  writeFile(path, reportHtml(results, facts));
  return path;
}
