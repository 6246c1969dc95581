/** The page: networks that learn with skips and without, watched while they do. */
import { init } from '@saccade/tensor';
import { circlePanel } from './circle-panel.js';
import { sortingPanel } from './sorting-panel.js';

await init({ device: 'wasm' });
sortingPanel();
circlePanel();
