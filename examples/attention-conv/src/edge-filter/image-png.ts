/** Numbers as the pixels of a PNG inside an address: `<image href>`. */
import { encode } from 'fast-png';

/** Red, green and blue, 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** How a number becomes a colour. */
export type ColorMap = (value: number) => Rgb;

/** From -most, black, over grey to most, white. */
export function greys(most: number): ColorMap {
  return (value) => {
    const grey = 0.5 + value / (2 * most || 1);
    return [grey, grey, grey];
  };
}

const [below, none, above]: readonly Rgb[] = [
  [0.05, 0.25, 0.65],
  [1, 1, 1],
  [0.75, 0.25, 0],
] as const;

/** From -most, blue, over white to most, orange; the root of the size, so that small differences are seen too. */
export function differences(most: number): ColorMap {
  return (value) => {
    const share = Math.sqrt(Math.abs(value) / (most || 1));
    const end = (value < 0 ? below : above) as Rgb;
    const zero = none as Rgb;
    return [0, 1, 2].map((c) => zero[c as 0] + share * (end[c as 0] - zero[c as 0])) as unknown as Rgb;
  };
}

function address(width: number, height: number, colors: (i: number) => Rgb): string {
  const data = new Uint8ClampedArray(3 * width * height);
  for (let i = 0; i < width * height; i++)
    data.set(
      colors(i).map((value) => 255 * value),
      3 * i,
    );
  return `data:image/png;base64,${Buffer.from(encode({ width, height, channels: 3, depth: 8, data })).toString('base64')}`;
}

/** The PNG of colours [height, width, 3], 0 to 1. */
export function colorAddress(width: number, height: number, data: ArrayLike<number>): string {
  return address(width, height, (i) => [0, 1, 2].map((c) => data[3 * i + c]) as unknown as Rgb);
}

/** The PNG of numbers [height, width]. */
export function valueAddress(width: number, height: number, data: ArrayLike<number>, map: ColorMap): string {
  return address(width, height, (i) => map(data[i] as number));
}
