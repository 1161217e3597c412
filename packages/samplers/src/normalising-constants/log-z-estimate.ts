/** An estimate of a log normaliser $`\log Z = \log \int e^{-E(x)} dx`$, in nats, whatever the method. */
export interface LogZEstimate {
  /** The estimate. */
  readonly logZ: number;
  /** Its standard error. */
  readonly standardError: number;
  /** The lower end of a bracket that should hold the truth. */
  readonly lower: number;
  /** The upper end. */
  readonly upper: number;
  /** The effective number of independent draws or chains behind it. With a handful it is not to be trusted. */
  readonly ess: number;
}

/** An estimate whose bracket is three standard errors to both sides. */
export function symmetricEstimate(logZ: number, standardError: number, ess: number): LogZEstimate {
  const reach = 3 * standardError;
  return { logZ, standardError, lower: logZ - reach, upper: logZ + reach, ess };
}
