/** Metrics at one step, as numbers. */
export interface TrainingRecord {
  /** Steps done. */
  readonly step: number;
  /** Epochs done, with the fraction of the current one. */
  readonly epoch: number;
  /** `loss` and the objective's own metrics, of this step's batch alone. */
  readonly metrics: Readonly<Record<string, number>>;
}
