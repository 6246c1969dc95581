/** What the workers of the distributed experiments learn: points of thirty overlapping clouds, a fifth of them with a label by chance. */
import { Rng, type Tensor, tensor } from '@saccade/tensor';

/** Numbers of a point. */
export const inputs = 100;

/** Kinds of points; each has three clouds. */
export const classes = 10;

const clouds = 3 * classes;
const byChance = 0.2;

/** Points [count, inputs] and their labels [count]. */
export interface Points {
  readonly points: Tensor;
  readonly labels: Tensor;
}

/** `count` points of the clouds that `seed` gives; which ones, `rng` says. */
export async function drawPoints(seed: number, rng: Rng, count: number): Promise<Points> {
  const centres = await new Rng(seed).normal([clouds * inputs]).data();
  const noise = await rng
    .derive(0)
    .normal([count * inputs])
    .data();
  const cloud = await rng.derive(1).integers([count], 0, clouds).data();
  const other = await rng.derive(2).integers([count], 0, classes).data();
  const luck = await rng.derive(3).uniform([count]).data();
  const points = noise.map((value, i) => value + centres[cloud[Math.floor(i / inputs)]! * inputs + (i % inputs)]!);
  const labels = cloud.map((from, i) => (luck[i]! < byChance ? other[i]! : from % classes));
  return {
    points: tensor(points, { shape: [count, inputs] }) as unknown as Tensor,
    labels: tensor(labels) as unknown as Tensor,
  };
}
