/** Everything that decides what a training run computes; written beside the model. */
export interface TrainingSettings {
  /** Where the images come from: `mnist`, or a folder with the four IDX files. */
  readonly data: string;
  /** Hidden units. */
  readonly hidden: number;
  /** Passes through the training images. */
  readonly epochs: number;
  /** Images a step. */
  readonly batchSize: number;
  /** Step size at the start; it falls to zero along a straight line. */
  readonly learningRate: number;
  /** Where negative samples come from: chains that restart at the data (`cd`) or go on (`pcd`). */
  readonly objective: 'cd' | 'pcd';
  /** Gibbs steps a training step. */
  readonly k: number;
  /** Persistent chains. */
  readonly chains: number;
  /** Pull of the weights towards zero, per step, times the learning rate. */
  readonly weightDecay: number;
  /** Seed of the whole run. */
  readonly seed: number;
}

/** The settings with which `ebmkit train rbm` begins. */
export const defaultSettings: TrainingSettings = {
  data: 'mnist',
  hidden: 500,
  epochs: 10,
  batchSize: 100,
  learningRate: 0.1,
  objective: 'pcd',
  k: 1,
  chains: 100,
  weightDecay: 0,
  seed: 1,
};
