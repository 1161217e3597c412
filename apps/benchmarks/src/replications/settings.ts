/** What decides the numbers of a replication. */
export interface ReplicationSettings {
  /** Epochs of every machine that is trained on its own. */
  readonly epochs: number;
  /** Epochs in which all layers are trained together. */
  readonly jointEpochs: number;
  /** The rate with which machines are trained, falling to 0 along a straight line. */
  readonly learningRate: number;
  /** The rate of joint training, falling likewise. */
  readonly jointLearningRate: number;
  /** Gibbs steps a batch. */
  readonly k: number;
  /** Rows a batch, and persistent chains. */
  readonly batchSize: number;
  /** Intermediate distributions of annealed importance sampling. */
  readonly betas: number;
  /** Its chains. */
  readonly chains: number;
  /** Gibbs sweeps that make the target draws of the chains that anneal backwards. */
  readonly targetSteps: number;
  /** Training images. */
  readonly train: number;
  /** Test images. */
  readonly test: number;
  /** The seed of everything. */
  readonly seed: number;
  /** The folder in which runs are saved after every epoch and from which they go on; none unless given. */
  readonly out?: string;
}
