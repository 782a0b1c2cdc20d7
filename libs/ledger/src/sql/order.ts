/**
 * An operation that keeps later ones of its order key from being made: it lives, or it ended so that they wait for a person
 * (`HeadOfLine`). The same words as the index `operations_order`, which PostgreSQL else would not use.
 */
export const HOLDS_KEY = (o: string): string => `(${o}.state IN ('queued', 'running', 'unknown')
      OR (${o}.state = 'needs_review' AND ${o}.head_of_line <> 'skip') OR (${o}.state IN ('exhausted', 'dropped') AND ${o}.head_of_line = 'park'))`;

/** A person has seen the end of $1: whatever its key waited for, it holds nobody up any more. */
export const LET_KEY_GO = `
  UPDATE operations SET head_of_line = 'skip', updated_at = puente_now() WHERE id = $1 AND head_of_line <> 'skip'`;
