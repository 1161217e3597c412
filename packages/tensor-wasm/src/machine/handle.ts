/** Numbers stored on the backend. */
export interface StoredNumbers {
  /** Where they are. */
  readonly address: number;
  /** How many bytes they take. */
  readonly bytes: number;
}
