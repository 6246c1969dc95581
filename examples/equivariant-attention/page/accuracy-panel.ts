/** How much both networks read right, of digits that they have not learned, at each quarter turn. */
import { groups } from '@saccade/equivariant-attention';
import { crop, dispose } from '@saccade/tensor';
import { digits, type Images, turned } from '../src/digits.js';
import { percentRight } from '../src/train.js';
import { byId, make, part } from './elements.js';
import { kindNames, kinds, type Pair } from './pair.js';
import { inTurn } from './turns.js';

/** Images at once: what else is to be shown waits for so long. */
const most = 60;

/** Fills the table, cell by cell, while the page does other things. */
export async function showAccuracy(pair: Pair, isCurrent: () => boolean): Promise<void> {
  const table = byId('accuracy');
  const turns = groups.p4.matrices.map((_, element) => element);
  part(table, 'thead tr').replaceChildren(
    ...['right, when turned by', ...turns.map((element) => `${90 * element}°`)].map(heading),
  );
  const { train, test } = digits();
  dispose(train);
  try {
    const rows = kinds.map((kind) => {
      const row = make('tr');
      const name = heading(kindNames[kind]);
      name.scope = 'row';
      row.append(name, ...turns.map(() => make('td', { text: '…' })));
      return row;
    });
    part(table, 'tbody').replaceChildren(...rows);
    for (const element of turns) {
      for (const [i, kind] of kinds.entries()) {
        const cell = rows[i]?.cells[element + 1] as HTMLTableCellElement;
        cell.textContent = `${(await shareRight(pair, kind, test, element, isCurrent)).toFixed(1)} %`;
        if (!isCurrent()) return;
      }
    }
  } finally {
    dispose(test);
  }
}

function heading(text: string): HTMLTableCellElement {
  const cell = make('th', { text });
  cell.scope = 'col';
  return cell;
}

async function shareRight(
  pair: Pair,
  kind: (typeof kinds)[number],
  { images, labels }: Images,
  element: number,
  isCurrent: () => boolean,
): Promise<number> {
  let right = 0;
  const count = labels.size;
  for (let from = 0; from < count && isCurrent(); from += most) {
    const size = Math.min(most, count - from);
    const percent = await inTurn(async () => {
      const [, ...sides] = images.shape as [number, ...number[]];
      const some = { images: crop(images, [from, 0, 0, 0], [size, ...sides]), labels: crop(labels, [from], [size]) };
      const { images: all } = turned(some, groups.p4, element);
      const found = await percentRight(pair[kind], { images: all, labels: some.labels });
      dispose([some, all]);
      return found;
    });
    right += (percent * size) / 100;
    await new Promise((done) => setTimeout(done));
  }
  return (100 * right) / count;
}
