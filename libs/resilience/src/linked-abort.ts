/** A signal of our own that also follows a caller's. */
export interface LinkedAbort {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Takes the listener off the caller's signal. A lease's signal lives long: what listens to it must not pile up. */
  unlink(): void;
}

/** Like `AbortSignal.any`, except that it can be undone: on Node 20 dependent signals live as long as their sources. */
export function linkedAbort(parent: AbortSignal): LinkedAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    unlink: () => parent.removeEventListener('abort', follow),
  };
}
