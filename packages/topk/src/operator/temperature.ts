/** The temperature of a relaxation. */

/** How far a relaxation is from the hard choice. */
export interface TemperatureOptions {
  /** In the units of the scores. Default 0.1. */
  readonly tau?: number | undefined;
}
