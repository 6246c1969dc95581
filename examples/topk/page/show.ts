/** What was seen, on the page. */
import { drawOverlay, drawPicture, type PixelBox, patchStrip } from '@saccade/topk';
import type { Seen, SeenPatch } from './look-at.js';
import type { Model } from './model.js';

/** At most so many classes are listed. */
const mostClasses = 10;
/** Boxes below this share of the picture have their number beside them. */
const smallShare = 0.08;

/** The element with this id. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

function element(tag: string, text = '', className = ''): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  if (className !== '') made.className = className;
  return made;
}

/** With a no-break space. */
const percent = (share: number): string => `${(100 * share).toFixed(1)}\u00a0%`;

/** The image with the scores over it. */
export function showScores({ picture, scores, grid }: Seen, opacity: number): void {
  const canvas = byId<HTMLCanvasElement>('overlay');
  drawOverlay(canvas, { image: picture, scores, grid, chosen: [] }, { opacity });
  canvas.classList.toggle('fine', Math.max(picture.width, picture.height) > 480);
}

/** The outline of a patch, with its number. */
function box(slot: number, { top, left, bottom, right }: PixelBox, { height, width, patches }: Seen): HTMLElement {
  const made = element('li');
  made.append(element('span', String(slot + 1)));
  const [w, h] = [(right - left) / width, (bottom - top) / height];
  const [x, y] = [(left + right) / 2 / width, (top + bottom) / 2 / height];
  made.classList.toggle('small', Math.min(w, h) < smallShare);
  made.classList.toggle('top', y < 0.1);
  made.classList.toggle('right', x > 0.9);
  // The first ones lie on top.
  made.style.setProperty('--order', String(patches.length - slot));
  for (const [name, share] of Object.entries({ left: x, top: y, width: w, height: h })) {
    made.style.setProperty(name, `${100 * share}%`);
  }
  return made;
}

/** A patch as the feature network gets it; pointing at it lights its outline. */
function figure(slot: number, { box: { top, left, bottom, right }, score, pixels }: SeenPatch, outline: HTMLElement) {
  const made = element('figure');
  const canvas = document.createElement('canvas');
  drawPicture(canvas, patchStrip({ count: 1, ...pixels }));
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `Patch ${slot + 1}`);
  const [rows, columns] = [
    `${Math.round(top)} to ${Math.round(bottom)}`,
    `${Math.round(left)} to ${Math.round(right)}`,
  ];
  const caption = element('figcaption');
  caption.append(
    element('b', `${slot + 1}`),
    `: score ${score.toFixed(3)}`,
    ...[`rows ${rows}`, `columns ${columns}`].flatMap((line) => [document.createElement('br'), line]),
  );
  made.append(canvas, caption);
  made.tabIndex = 0;
  Object.assign(made.dataset, { top, left, bottom, right });
  for (const [event, lit] of [
    ['pointerenter', true],
    ['focus', true],
    ['pointerleave', false],
    ['blur', false],
  ] as const) {
    made.addEventListener(event, () => outline.classList.toggle('lit', lit));
  }
  return made;
}

function showClasses({ probabilities }: Seen, { classes }: Model): void {
  const best = probabilities.map((share, i) => ({ share, name: classes[i]! })).sort((a, b) => b.share - a.share);
  byId('classes').replaceChildren(
    ...best.slice(0, mostClasses).map(({ share, name }) => {
      const line = element('li');
      const bar = element('span', '', 'bar');
      bar.style.setProperty('--share', `${100 * share}%`);
      line.append(element('span', name), bar, element('span', percent(share), 'share'));
      return line;
    }),
  );
}

function bytesText(bytes: number): string {
  const [unit, name] = bytes < 1e6 ? [1e3, 'kB'] : [1e6, 'MB'];
  return `${(bytes / unit).toFixed(bytes < 10 * unit ? 1 : 0)}\u00a0${name}`;
}

function showCost({ height, width, patches, milliseconds, memory }: Seen, fileBytes: number): void {
  const covered = patches.reduce((sum, { box }) => sum + (box.bottom - box.top) * (box.right - box.left), 0);
  const lines = {
    Image: `${width} × ${height}, a file of ${bytesText(fileBytes)}; ${bytesText(3 * height * width)} as pixels`,
    'Looked at': `${(100 * Math.min(1, covered / (height * width))).toPrecision(2)}\u00a0% of its pixels in ${patches.length} patches`,
    Time: `${(milliseconds / 1000).toFixed(2)} s`,
    Memory: `${bytesText(memory.planned)} for what grows with the image, ${bytesText(memory.device)} on the device`,
  };
  byId('cost').replaceChildren(
    ...Object.entries(lines).flatMap(([name, value]) => [element('dt', name), element('dd', value)]),
  );
}

/** Fills the page. @param fileBytes the size of the image file */
export function show(seen: Seen, model: Model, fileBytes: number): void {
  showScores(seen, byId<HTMLInputElement>('opacity').valueAsNumber);
  const outlines = seen.patches.map((patch, slot) => box(slot, patch.box, seen));
  byId('boxes').replaceChildren(...outlines);
  byId('patches').replaceChildren(...seen.patches.map((patch, slot) => figure(slot, patch, outlines[slot]!)));
  byId('overlay').setAttribute('aria-label', `The image, its scores, and the ${seen.patches.length} chosen patches`);
  showClasses(seen, model);
  showCost(seen, fileBytes);
}
