/** What each network says of the digit as it is turned: logits as bars, with marks where those of the upright digit end. */
import { shortNumber } from '@saccade/pictures';
import { changeOf, type Logits, rounding, saidOf } from './answers.js';
import { byId, make, part } from './elements.js';
import type { Kind } from './pair.js';

/** Logits of one network. */
export interface Said {
  readonly upright: Logits;
  readonly now: Logits;
  /** The largest logit, to either side, at any angle: bars keep their scale while the digit turns. */
  readonly largest: number;
}

/** Shows them. */
export function showCard(kind: Kind, { upright, now, largest }: Said): void {
  const card = byId(kind);
  const change = changeOf(now, upright);
  card.dataset.moved = change > rounding ? 'yes' : 'no';
  const line = part(card, '.change');
  line.replaceChildren(make('b', { text: changeText(change) }), 'largest change, of the largest logit');
  const [before, after] = [saidOf(upright), saidOf(now)];
  part(card, '.said').textContent = before === after ? `Says ${after}.` : `Says ${after}; upright it said ${before}.`;
  const reach = Math.max(largest, ...[...now, ...upright].map(Math.abs)) || 1;
  part(card, '.bars').replaceChildren(
    ...Array.from(now, (logit, digit) =>
      barOf(digit, logit, (upright[digit] as number) / reach, reach, digit === after),
    ),
  );
}

/** As a share of the largest logit. */
function changeText(change: number): string {
  if (change === 0) return 'none';
  return change > rounding ? `${shortNumber(100 * change, 2)} %` : `${shortNumber(change, 1)}: rounding`;
}

function barOf(digit: number, logit: number, upright: number, reach: number, best: boolean): HTMLElement {
  const item = make('li', { className: best ? 'best' : '' });
  const track = make('span', { className: 'track' });
  const [zero, end] = [0, logit / reach].map(placeOf) as [number, number];
  const bar = make('i', { className: 'bar' });
  bar.style.left = `${Math.min(zero, end)}%`;
  bar.style.width = `${Math.abs(end - zero)}%`;
  const mark = make('i', { className: 'mark' });
  mark.style.left = `${placeOf(upright)}%`;
  const axis = make('i', { className: 'zero' });
  axis.style.left = `${zero}%`;
  track.append(axis, bar, mark);
  item.append(
    make('span', { text: String(digit) }),
    track,
    make('span', { className: 'value', text: logit.toFixed(2).replace('-', '−') }),
  );
  return item;
}

/** From -1 to 1 along the track, in percent. */
function placeOf(share: number): number {
  return 50 + 49 * share;
}
