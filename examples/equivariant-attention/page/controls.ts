/** How far the digit is turned: a slider that may snap, and buttons for quarter turns. */
import { byId } from './elements.js';

/** Degrees within which the slider snaps to a quarter turn. */
const near = 15;

/** Starts to listen. @param onTurn told each angle, in degrees from -180 to 180 */
export function listenToControls(onTurn: (degrees: number) => void): void {
  const slider = byId<HTMLInputElement>('degrees');
  const snap = byId<HTMLInputElement>('snap');
  const set = (degrees: number): void => {
    const shown = degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees;
    slider.value = String(shown);
    slider.setAttribute('aria-valuetext', `${shown} degrees`);
    byId('angle').textContent = `${shown}°`;
    onTurn(shown);
  };
  let before = 0;
  slider.addEventListener('input', () => {
    const quarter = 90 * Math.round(slider.valueAsNumber / 90);
    // One step out of a quarter turn, by a key, is not undone but leads to the edge of where it snaps.
    const isStep = before === quarter && Math.abs(slider.valueAsNumber - quarter) === 1;
    const isNear = snap.checked && Math.abs(slider.valueAsNumber - quarter) < near;
    const out = quarter + near * Math.sign(slider.valueAsNumber - quarter);
    before = !isNear ? slider.valueAsNumber : isStep ? Math.max(-180, Math.min(180, out)) : quarter;
    set(before);
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-turn]')) {
    button.addEventListener('click', () => {
      const turn = Number(button.dataset.turn);
      const now = slider.valueAsNumber;
      // To the next quarter turn, whole or not.
      const quarters = turn > 0 ? Math.floor(now / 90) + 1 : Math.ceil(now / 90) - 1;
      before = 90 * quarters;
      set(before);
    });
  }
  byId('controls').addEventListener('submit', (event) => event.preventDefault());
  slider.disabled = false;
}
