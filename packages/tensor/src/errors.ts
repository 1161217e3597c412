/** What went wrong, as a literal that a program can branch on. */
export type ErrorCode =
  | 'argument'
  | 'shape'
  | 'dtype'
  | 'backend'
  | 'memory'
  | 'trace'
  | 'diverged'
  | 'format'
  | 'aborted';

/**
 * Every error that ebmkit throws on purpose. The message reads `where: what is required, what came, what to do`.
 */
export class EbmError extends Error {
  /** The kind of fault, for programs. */
  readonly code: ErrorCode;

  /**
   * @param code - The kind of fault.
   * @param message - `where: what is required, what came, what to do`.
   * @param options - The underlying `cause`, if there is one.
   */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EbmError';
    this.code = code;
  }
}

/** A tensor has a shape that the operation cannot take. */
export class ShapeError extends EbmError {
  /** @param message - `where: what is required, what came, what to do`. */
  constructor(message: string) {
    super('shape', message);
    this.name = 'ShapeError';
  }
}

/** A backend is absent, cannot do what was asked, or two backends were mixed. */
export class BackendError extends EbmError {
  /**
   * @param message - `where: what is required, what came, what to do`.
   * @param options - The underlying `cause`, if there is one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super('backend', message, options);
    this.name = 'BackendError';
  }
}

/**
 * A computation became NaN or infinite and was stopped.
 *
 * @typeParam S - What is handed back: the last state in which every number was finite.
 */
export class DivergedError<S = unknown> extends EbmError {
  /** The last state in which every number was finite, as plain data. */
  readonly lastFinite: S;

  /**
   * @param message - Where and when the numbers went bad, and what to change.
   * @param lastFinite - The last state in which every number was finite.
   */
  constructor(message: string, lastFinite: S) {
    super('diverged', message);
    this.name = 'DivergedError';
    this.lastFinite = lastFinite;
  }
}

/** A file or buffer is not in the format that it claims to be in. */
export class FormatError extends EbmError {
  /**
   * @param message - `where: what is required, what came, what to do`.
   * @param options - The underlying `cause`, if there is one.
   */
  constructor(message: string, options?: ErrorOptions) {
    super('format', message, options);
    this.name = 'FormatError';
  }
}
