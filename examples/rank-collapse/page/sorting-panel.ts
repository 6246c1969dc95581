/** The panel of the sorting network: what is chosen, and the charts of how it learns. */
import { type Curve, lineChart } from '@saccade/pictures';
import { lengthChart, monitorChart, type RankReport } from '@saccade/rank-collapse';
import { clear, draw } from './draw.js';
import { byId, panel } from './panel.js';
import { type Choice, type Look, type PathBars, type SortingRun, sortingRun } from './sorting-run.js';

/** The latest run of each network: they are compared. */
const runs = new Map<string, SortingRun>();

/** Starts to listen. */
export function sortingPanel(): void {
  panel('sorting', async ({ say, progress }, signal) => {
    const choice = chosen();
    const name = nameOf(choice);
    clear('contributions');
    clear('effectiveness');
    say(`Trains: ${name} …`);
    const bars = await sortingRun(choice, {
      signal,
      onProgress: progress,
      onLook(run) {
        runs.set(name, run);
        showRun(run);
        const report = run.reports.at(-1)!;
        // Not at each look, as people listen.
        if (report.level !== run.reports.at(-2)?.level) showVerdict(report);
      },
    });
    showPaths(bars);
    const { looks, reports } = runs.get(name)!;
    const last = looks.at(-1)!;
    showVerdict(reports.at(-1)!);
    say(`Done: ${name}, ${percent(last.accuracy)} of the letters are at their places after ${last.step} steps.`);
  });
}

function chosen(): Choice {
  return {
    skips: byId<HTMLInputElement>('skips').checked,
    layers: Number(byId<HTMLSelectElement>('layers').value),
    epochs: byId<HTMLInputElement>('epochs').valueAsNumber,
  };
}

function nameOf({ skips, layers }: Choice): string {
  return `${layers} ${layers === 1 ? 'layer' : 'layers'} ${skips ? 'with' : 'without'} skips`;
}

/** With a no-break space. */
const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

function showVerdict({ step, level, message }: RankReport): void {
  const verdict = byId('verdict');
  verdict.dataset.level = level;
  verdict.textContent = `${step === 0 ? 'Before training' : `After step ${step}`}: ${message}.`;
}

function showRun({ reports, trivial }: SortingRun): void {
  draw('monitor', (size) => monitorChart(reports, size));
  const common = { xLabel: 'step', logX: false, logY: false, wholeX: true };
  const losses = curvesOf(({ loss }) => loss);
  draw('loss', (size) => lineChart({ ...common, title: 'Loss', yLabel: 'cross-entropy, nats', curves: losses }, size));
  const accuracies = curvesOf(({ accuracy }) => 100 * accuracy);
  const steps = accuracies.flatMap(({ points }) => points.map(([step]) => step));
  const points = [0, Math.max(...steps)].map((step) => [step, 100 * trivial] as const);
  const curves = [...accuracies, { name: 'most frequent letter', dashed: true, points }];
  draw('accuracy', (size) =>
    lineChart({ ...common, title: 'Accuracy', yLabel: 'letters at their places, %', curves }, size),
  );
}

/** A curve for each network, of what was seen and is known. */
function curvesOf(value: (look: Look) => number | undefined): Curve[] {
  return [...runs].map(([name, { looks }]) => ({
    name,
    dashed: false,
    points: looks.flatMap((look) => {
      const known = value(look);
      return known === undefined ? [] : [[look.step, known] as const];
    }),
  }));
}

/** Beside each other they are of one height: one has a second row of bars, of about 200 pixels. Without skips there is one bar, alone. */
function showPaths({ contributions, effectiveness }: PathBars): void {
  const carried = { title: 'What paths carry to one output', yLabel: 'norm of what the tokens contribute' };
  const hasShares = effectiveness.length > 0;
  draw('contributions', ({ width, height }) =>
    lengthChart(contributions, { ...carried, log: hasShares, width, height: hasShares ? height - 80 : height }),
  );
  if (!hasShares) return;
  const answered = { log: false, title: 'What 20 paths answer alone', yLabel: 'letters at their places, %' };
  draw('effectiveness', ({ width, height }) =>
    lengthChart(effectiveness, { ...answered, width, height: height + 124 }),
  );
}
