/** What an example needs to declare its experiments: the types, and makers of figures. */
export type { Bar, Context, Experiment, Outcome, Paper, Unit } from './experiment.js';
export {
  type Axis,
  type Cell,
  type Chart,
  chart,
  type Figure,
  type Picture,
  type Pictures,
  type Point,
  pictures,
  type Rule,
  type Series,
  type Svg,
  svg,
  type Table,
  table,
} from './figure.js';
