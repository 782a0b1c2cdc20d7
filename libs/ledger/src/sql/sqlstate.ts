/**
 * Whether one bad row may have failed the statement for its whole group: data (22), constraints (23), syntax or rights
 * (42), a lost deadlock or serialisation (40). Each member alone then fares as it deserves.
 */
export function spoilsGroup(error: unknown): boolean {
  return /^(22|23|40|42)/.test(sqlState(error));
}

export function sqlState(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}
