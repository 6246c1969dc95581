/** The theorems for a whole network of pure attention: what is proven of each layer, what of all together, and what really happens. */
import { breather } from '@saccade/nn';
import { checkOptions, type Matrix, OptionError } from '@saccade/tensor';
import { firstPoint, nextPoint, type TrackedLayer, type TrackedPoint } from '../track/track-residual.js';
import { certifyLayer, type LayerCertificate } from './certify-layer.js';

/** The certificate. Sizes are log10. */
export interface NetworkCertificate {
  readonly layers: readonly LayerCertificate[];
  /** Residuals that are tracked without cancellation, from the input on. */
  readonly points: readonly TrackedPoint[];
  /**
   * Theorem 2.3: (4 gamma beta H / sqrt(dims))^((3^L - 1) / 2) |res(X)|^(3^L), with the largest gamma and beta of all layers, for the residual from the common token that
   * makes it smallest.
   */
  readonly logBound: number;
  /** The same for the residual from the mean, which `points` show: the base is 2 (1 - 1 / tokens) times as large. */
  readonly logMeanBound: number;
  /** Whether both hold: ranges are at most 1.256 in all layers. */
  readonly valid: boolean;
  /** Of the product of all layers' contractions and |res(X)|, each with the factor of the mean: always right. */
  readonly logSharpBound: number;
}

/** How to certify. */
export interface CertifyNetworkOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bounds of a network without skips, perceptrons and norms, beside its true residuals.
 * @param tokens [tokens, channels]
 * @throws {OptionError} for layers with a skip, of which the theorems say nothing, and for no layer
 */
export async function certifyNetwork(
  tokens: Matrix,
  layers: readonly TrackedLayer[],
  options: CertifyNetworkOptions = {},
): Promise<NetworkCertificate> {
  const { signal } = checkOptions('certifyNetwork', options, ['signal']);
  const skipping = layers.findIndex(({ skip }) => skip === true);
  if (layers.length === 0 || skipping >= 0) {
    const got = layers.length === 0 ? 'none' : `a skip in layer ${skipping}`;
    throw new OptionError(
      `certifyNetwork: expected layers without skips, of which alone the theorems speak, got ${got}`,
    );
  }
  const points = [firstPoint(tokens)];
  const certificates: LayerCertificate[] = [];
  const breathe = breather();
  for (const layer of layers) {
    await breathe();
    signal?.throwIfAborted();
    const now = points.at(-1) as TrackedPoint;
    certificates.push(certifyLayer(now, layer.heads));
    points.push(nextPoint(now, layer));
  }
  const largest = (f: (one: LayerCertificate['heads'][number]) => number): number =>
    certificates.flatMap(({ heads }) => heads.map(f)).reduce((most, value) => Math.max(most, value), 0);
  const heads = layers.reduce((most, layer) => Math.max(most, layer.heads.length), 0);
  const dims = layers.reduce(
    (least, layer) => Math.min(least, layer.heads[0]?.query.columns ?? 1),
    Number.POSITIVE_INFINITY,
  );
  const base = Math.log10((4 * largest(({ gamma }) => gamma) * largest(({ beta }) => beta) * heads) / Math.sqrt(dims));
  const power = 3 ** layers.length;
  const first = (certificates[0] as LayerCertificate).logResidual;
  const mean = Math.log10(2 * (1 - 1 / tokens.rows));
  return {
    layers: certificates,
    points,
    logBound: (base * (power - 1)) / 2 + power * first,
    logMeanBound: ((base + mean) * (power - 1)) / 2 + power * first,
    valid: certificates.every(({ valid }) => valid),
    logSharpBound: certificates.reduce((sum, { logContraction }) => sum + logContraction + mean, first),
  };
}
