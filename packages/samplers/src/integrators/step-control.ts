/** How large the error of one step may be. */
export interface Tolerance {
  /** As a share of the states; 1e-4 unless given. Single precision holds no less than about 1e-6. */
  readonly relative?: number;
  /** In the units of the states; 1e-6 unless given. */
  readonly absolute?: number;
}

/** What is decided after a step. */
export interface StepDecision {
  /** Whether the step counts. */
  readonly accepted: boolean;
  /** The size of the next step, or of another try. */
  readonly stepSize: number;
}

const safety = 0.9;
const [least, most] = [0.2, 10];

/**
 * A proportional-integral controller of step sizes: the next step is the last one times
 * $`0.9 \, r_n^{-0.7 / q} r_{n - 1}^{0.4 / q}`$, between 0.2 and 10, where $`r`$ is the error of a step over what is tolerated and $`q`$ the order
 * of the embedded method plus 1. Steps with $`r > 1`$, or with an error that is not finite, are tried again with a smaller size.
 *
 * @param embeddedOrder - The order of the embedded method.
 * @returns A function of the step size and of the error ratio of the step that was made with it.
 * @see Hairer, Norsett and Wanner, "Solving ordinary differential equations I", 1993, section II.4, https://doi.org/10.1007/978-3-540-78862-1
 */
export function stepController(embeddedOrder: number): (stepSize: number, ratio: number) => StepDecision {
  const q = embeddedOrder + 1;
  let previous = 1;
  return (stepSize, ratio) => {
    if (!Number.isFinite(ratio)) return { accepted: false, stepSize: stepSize * 0.1 };
    if (ratio > 1) return { accepted: false, stepSize: stepSize * Math.max(least, safety * ratio ** (-1 / q)) };
    const factor = safety * Math.max(ratio, 1e-10) ** (-0.7 / q) * previous ** (0.4 / q);
    previous = Math.max(ratio, 1e-4);
    return { accepted: true, stepSize: stepSize * Math.min(most, Math.max(least, factor)) };
  };
}
