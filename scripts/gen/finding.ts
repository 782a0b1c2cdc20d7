/** Something that does not agree with the code, and what whoever reads it has to do. */
export interface Finding {
  /** Relative to the root of the project. */
  readonly file: string;
  /** The document's heading under which it is, without its number signs. */
  readonly section?: string;
  readonly problem: string;
  readonly remedy: string;
  /** Said, but nothing fails: a check must not begin to fail by itself on some day of the calendar. */
  readonly isWarning?: boolean;
}

/** A finding in a file that is known. */
export type Problem = Omit<Finding, 'file'>;

/** `docs/…/INT-002-sns.md, Rate Limits: no row for … Run …`: one line a finding. */
export function sentence({ file, section, problem, remedy, isWarning }: Finding): string {
  const where = section === undefined ? file : `${file}, "${section}"`;
  return `${isWarning === true ? 'warning: ' : ''}${where}: ${problem}. ${remedy}`;
}
