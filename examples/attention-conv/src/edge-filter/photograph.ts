/** A picture like a photograph, from a seed: sky with clouds, hills in haze, a field, a house. It has blobs, edges and texture. */
import { Rng } from '@saccade/tensor';

/** An image in colour. */
export interface Photograph {
  readonly height: number;
  readonly width: number;
  /** Red, green and blue of each pixel, 0 to 1, row by row. */
  readonly data: Float32Array;
}

type Rgb = readonly [number, number, number];
type Field = (x: number, y: number) => number;

const lattice = 64;

/** Smooth random values from 0 to 1, one bump a unit of x and y. */
function bumps(rng: Rng): Field {
  const t = rng.uniform([lattice, lattice]);
  const values = t.dataSync();
  t.dispose();
  const at = (i: number, j: number): number => values[(j & (lattice - 1)) * lattice + (i & (lattice - 1))] as number;
  const ease = (s: number): number => s * s * (3 - 2 * s);
  return (x, y) => {
    const [i, j] = [Math.floor(x), Math.floor(y)];
    const [a, b] = [ease(x - i), ease(y - j)];
    return (at(i, j) * (1 - a) + at(i + 1, j) * a) * (1 - b) + (at(i, j + 1) * (1 - a) + at(i + 1, j + 1) * a) * b;
  };
}

/** Bumps upon bumps, each half as large and half as high: from 0 to 1. */
function cloudy(field: Field, octaves: number): Field {
  return (x, y) => {
    let [sum, all] = [0, 0];
    for (let k = 0; k < octaves; k++) {
      sum += field(x * 2 ** k + 7 * k, y * 2 ** k + 3 * k) / 2 ** k;
      all += 1 / 2 ** k;
    }
    return sum / all;
  };
}

function blend(a: Rgb, b: Rgb, share: number): Rgb {
  const s = Math.min(1, Math.max(0, share));
  return [a[0] + s * (b[0] - a[0]), a[1] + s * (b[1] - a[1]), a[2] + s * (b[2] - a[2])];
}

/** The house at places from its lower left, in units of its width; undefined beside it. */
function house(x: number, y: number): Rgb | undefined {
  const inside = (left: number, top: number, right: number, bottom: number): boolean =>
    x >= left && x < right && y >= bottom && y < top;
  const roof = y >= 0.6 && y < 1.05 - Math.abs(x - 0.5) * 0.75;
  if (roof) return [0.55, 0.22, 0.17];
  if (!inside(0, 0.62, 1, 0)) return undefined;
  const isWindow = inside(0.12, 0.48, 0.34, 0.24) || inside(0.66, 0.48, 0.88, 0.24);
  if (isWindow) return [0.16, 0.2, 0.28];
  return inside(0.43, 0.4, 0.58, 0) ? [0.36, 0.24, 0.15] : [0.9, 0.86, 0.76];
}

/** The scene at (u, v), each from 0 at the upper left to 1, without grain. */
function scene(fields: { readonly soft: Field; readonly fine: Field }): (u: number, v: number) => Rgb {
  const { soft, fine } = fields;
  const ridges = [
    { base: 0.5, height: 0.2, color: [0.55, 0.63, 0.73] as Rgb },
    { base: 0.6, height: 0.16, color: [0.36, 0.48, 0.46] as Rgb },
    { base: 0.68, height: 0.1, color: [0.2, 0.34, 0.22] as Rgb },
  ];
  return (u, v) => {
    const sky = blend([0.28, 0.52, 0.86], [0.86, 0.9, 0.94], v / 0.6);
    const cloud = (soft(u * 4, v * 9) - 0.48) * 5;
    const glow = Math.exp(-((u - 0.78) ** 2 + (v - 0.18) ** 2) / 0.006);
    let color = blend(blend(sky, [0.98, 0.97, 0.95], cloud), [1, 0.95, 0.75], glow);
    for (const [k, { base, height, color: own }] of ridges.entries()) {
      if (v < base - height * (soft(u * (2 + 2 * k) + 11 * k, 5 * k) - 0.3)) continue;
      const leaves = (fine(u * 60, v * 60 + 9 * k) - 0.5) * 0.25 * (k + 1);
      color = [own[0] + leaves * 0.6, own[1] + leaves, own[2] + leaves * 0.6];
    }
    if (v > 0.76) {
      // Furrows run to a point on the horizon.
      const furrow = Math.sin(((u - 0.4) / (v - 0.7)) * 9) * 0.07;
      const grain = (fine(u * 90, v * 90) - 0.5) * 0.35;
      color = blend([0.5, 0.55, 0.24], [0.66, 0.55, 0.3], fine(u * 6, v * 12) + furrow);
      color = [color[0] + furrow + grain, color[1] + furrow + grain, color[2] + grain * 0.6];
    }
    return house((u - 0.16) / 0.22, (0.86 - v) / 0.3) ?? color;
  };
}

/** @param size pixels across; it is three quarters as high */
export function photograph(seed: number, size: number): Photograph {
  const rng = new Rng(seed);
  const field = bumps(rng);
  const at = scene({ soft: cloudy(field, 4), fine: cloudy(field, 3) });
  const [height, width] = [Math.max(3, Math.round(0.75 * size)), size];
  const noise = rng.normal([height, width, 3], { deviation: 0.012 });
  const grain = noise.dataSync();
  noise.dispose();
  const data = new Float32Array(height * width * 3);
  for (let i = 0; i < height * width; i++) {
    const color = at(((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height);
    for (let c = 0; c < 3; c++) {
      data[3 * i + c] = Math.min(1, Math.max(0, (color[c] as number) + (grain[3 * i + c] as number)));
    }
  }
  return { height, width, data };
}
