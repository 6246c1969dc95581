export { default } from '@saccade/config/tsup';
