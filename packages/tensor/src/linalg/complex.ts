/** The little complex arithmetic that eigenvectors need. */

/** A complex number. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

/** a * b */
export function times(a: Complex, b: Complex): Complex {
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

/** a - b */
export function minus(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}

/** a / b without overflow on the way; a divisor smaller than `least` is replaced by `least`. */
export function divide(a: Complex, b: Complex, least: number): Complex {
  const size = Math.hypot(b.re, b.im);
  if (size < least) return { re: a.re / least, im: a.im / least };
  const turned = times(a, { re: b.re / size, im: -b.im / size });
  return { re: turned.re / size, im: turned.im / size };
}
