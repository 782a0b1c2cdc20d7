/** The published commerce codes of the integration environment. https://www.transbankdevelopers.cl/documentacion/como_empezar */
const DEFERRED: readonly string[] = [
  '597055555540',
  '597055555581',
  '597055555582',
  '597055555583',
  '597055555547',
  '597055555548',
  '597055555549',
];
const MALLS: readonly string[] = ['597055555535', '597055555581', '597055555541', '597055555547'];

/** Whether what this commerce sells is only reserved at commit and must be captured. */
export function isDeferred(commerceCode: string, others: readonly string[]): boolean {
  return DEFERRED.includes(commerceCode) || others.includes(commerceCode);
}

export function isPublishedMall(commerceCode: string): boolean {
  return MALLS.includes(commerceCode);
}
