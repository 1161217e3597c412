/** The packages whose API the site documents, lowest layer first. */
export declare const publishedPackages: readonly {
  /** The folder under packages/. */
  readonly folder: string;
  /** The npm name. */
  readonly name: string;
  /** The npm description. */
  readonly description: string;
  /** The absolute path of `src/index.ts`. */
  readonly entry: string;
}[];
