/**
 * The root of every error we throw on purpose. `code` is stable and public (it becomes the `code` of a problem
 * document); `message` says what happened, to which thing, and what the reader can do. Neither carries a secret.
 */
export abstract class AppError extends Error {
  abstract readonly code: string;

  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
  }
}
