/** How far logits move at every angle, as a chart. */
import { lineChart } from '@saccade/pictures';
import { type Answers, changeOf, type Logits } from './answers.js';
import { byId } from './elements.js';
import { kindNames, kinds } from './pair.js';

/** From half a turn clockwise to half a turn counter-clockwise. */
export const allAngles: readonly number[] = Array.from({ length: 73 }, (_, i) => 5 * i - 180);

let drawn: () => void = () => {};

// Charts are as wide as there is room.
const observer = new ResizeObserver(() => drawn());

/** Shows the chart, with a line at the angle of now. @param answers at all angles */
export function showAngles(answers: Answers, now: number): void {
  const upright = allAngles.indexOf(0);
  const curves = kinds.map((kind) => ({
    name: kindNames[kind],
    dashed: false,
    points: allAngles.map((angle, i) => {
      const change = changeOf(answers[kind][i] as Logits, answers[kind][upright] as Logits);
      return [angle, 100 * change] as const;
    }),
  }));
  const most = Math.max(...curves.flatMap(({ points }) => points.map(([, change]) => change)), 1);
  const line = { name: `now, ${now}°`, dashed: true, points: [[now, 0], [now, most]] as const }; // biome-ignore format: a line
  drawn = () => {
    const figure = byId('angles');
    const width = Math.max(240, figure.clientWidth);
    figure.innerHTML = lineChart(
      {
        ...{ title: 'Change against upright', logX: false, logY: false, wholeX: true, curves: [...curves, line] },
        ...{ xLabel: 'turned by, degrees', yLabel: 'largest change of a logit, % of the largest' },
      },
      { width, height: width < 480 ? 300 : 340 },
    );
  };
  observer.observe(byId('angles'));
  drawn();
}
