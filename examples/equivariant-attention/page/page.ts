/** The page: a digit that is turned, two networks that read it, and where they look. */
import { init } from '@saccade/tensor';
import { showAccuracy } from './accuracy-panel.js';
import { allAngles, showAngles } from './angles-panel.js';
import { type Answers, answersAt, type Logits } from './answers.js';
import { showCard } from './cards.js';
import { drawCertificates, showCertificates } from './certificates-panel.js';
import { listenToControls } from './controls.js';
import p4 from './data/digits-p4.safetensors';
import z2 from './data/digits-z2.safetensors';
import { byId } from './elements.js';
import { exampleDigit } from './example-digits.js';
import { latest } from './latest.js';
import { offerLayers, showAllTurns, showMaps } from './maps-panel.js';
import { ownDigit } from './own-digit.js';
import { kinds, loadPair, type Pair } from './pair.js';
import { listenToStage, showStage } from './stage.js';
import { trainingPanel } from './training-panel.js';
import { type Pixels, type Place, pixelAt, placeOf, turnImage } from './turn-image.js';
import { inTurn } from './turns.js';

let pair: Pair;
let pixels: Pixels;
let degrees = 0;
/** Of the upright digit, about its centre: it turns with it. */
let query: Place = placeOf({ row: 3, column: 4 }, 0);
/** Of this digit by these networks, at all angles. */
let answers: Answers | undefined;

function say(text: string): void {
  byId('status').textContent = text;
}

function fail(error: unknown): void {
  say('');
  byId('error').textContent = error instanceof Error ? error.message : String(error);
  byId('error').hidden = false;
}

const showNow = latest(
  () =>
    inTurn(async () => {
      answers ??= answersAt(pair, pixels, allAngles);
      const now = answersAt(pair, pixels, [0, degrees]);
      const image = turnImage(pixels, [degrees]);
      const turned = image.dataSync();
      const pixel = pixelAt(query, degrees);
      showStage(turned, pixel);
      for (const kind of kinds) {
        const largest = Math.max(...answers[kind].flatMap((logits) => [...logits].map(Math.abs)));
        const [upright, after] = now[kind] as readonly [Logits, Logits];
        showCard(kind, { upright, now: after, largest });
      }
      showAngles(answers, degrees);
      await showMaps(pair, image, turned, pixel);
      image.dispose();
      await showAllTurns(pair, pixels, pixelAt(query, 0));
    }),
  fail,
);

/** Shows a digit, turned as the last one was. */
function takeDigit(taken: Pixels): void {
  pixels = taken;
  answers = undefined;
  byId('error').hidden = true;
  showNow();
}

function takeExample(): void {
  takeDigit(exampleDigit(Number(byId<HTMLSelectElement>('digit').value)));
}

/** Shows what networks are like, whatever the digit. */
function takePair(taken: Pair, before?: Pair): void {
  pair = taken;
  answers = undefined;
  showNow();
  void (async () => {
    await inTurn(() => showCertificates(taken));
    await showAccuracy(taken, () => pair === taken);
    // Nobody asks them any more.
    if (before !== undefined) for (const kind of kinds) before[kind].dispose();
  })().catch(fail);
}

function listen(): void {
  listenToControls((angle) => {
    degrees = angle;
    showNow();
  });
  listenToStage(
    () => pixelAt(query, degrees),
    (pixel) => {
      query = placeOf(pixel, degrees);
      showNow();
    },
  );
  for (const [id, type, listener] of [
    ['digit', 'change', takeExample],
    ['another', 'click', takeExample],
    ['layer', 'change', showNow],
    ['all-turns', 'toggle', showNow],
    ['certificates', 'toggle', drawCertificates],
  ] as const) {
    byId(id).addEventListener(type, () => listener());
  }
  // Canvases have no colours of their own accord.
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', showNow);
  ownDigit(takeDigit, (text) => fail(new Error(text)));
  trainingPanel({
    say,
    onError: fail,
    onPair: (trained, seed) => {
      takePair(trained, pair);
      say(`Done: these are the networks of seed ${seed} now.`);
    },
  });
}

try {
  await init({ device: 'wasm' });
  const loaded = await loadPair({ p4, z2 });
  offerLayers(loaded);
  (document.querySelector('main') as HTMLElement).hidden = false;
  listen();
  byId<HTMLSelectElement>('digit').value = '7';
  pair = loaded;
  takeExample();
  takePair(loaded);
  say('Ready.');
} catch (error) {
  fail(error);
}
