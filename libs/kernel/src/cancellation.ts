/** What a link of the chain needs of an `AbortSignal`: a real one will do, and so will a {@link Cancellation}. */
export interface CancelSignal {
  readonly aborted: boolean;
  readonly reason: unknown;
  /**
   * Whether the clock says that it is too late, although nobody has aborted yet. A process that was frozen hears of sockets
   * that became ready before it hears of its timers: who is about to send asks this, in the same turn.
   */
  readonly overdue?: boolean;
  addEventListener(type: 'abort', listener: () => void, options?: { readonly once?: boolean }): void;
  removeEventListener(type: 'abort', listener: () => void): void;
}

/**
 * An abort source for the hot path, where each call of a worker passes several. Node's own costs 5 µs with one listener,
 * and five of them were half of what a call cost in all; this one costs next to nothing until somebody asks for
 * {@link native}, as SDKs do.
 *
 * It may follow a parent. {@link unlink} it when the work is over: a lease lives long, and what listens to it must not
 * pile up.
 */
export class Cancellation implements CancelSignal {
  private state: 'live' | 'aborted' = 'live';
  private why: unknown;
  private listeners: (() => void)[] | undefined;
  private controller: AbortController | undefined;
  private follow: (() => void) | undefined;

  /** @param isLate looked up whenever somebody asks whether it is {@link overdue} */
  constructor(
    private readonly parent?: CancelSignal,
    private readonly isLate?: () => boolean,
  ) {
    if (!parent) return;
    if (parent.aborted) this.abort(parent.reason);
    else {
      this.follow = () => this.abort(parent.reason);
      parent.addEventListener('abort', this.follow, { once: true });
    }
  }

  get aborted(): boolean {
    return this.state === 'aborted';
  }

  get overdue(): boolean {
    return this.aborted || this.isLate?.() === true || this.parent?.overdue === true;
  }

  get reason(): unknown {
    return this.why;
  }

  /** For whoever takes nothing but the real thing: made at the first use. It knows when it is {@link overdue}, too. */
  get native(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      Object.defineProperty(this.controller.signal, 'overdue', { get: () => this.overdue });
      if (this.aborted) this.controller.abort(this.why);
    }
    return this.controller.signal;
  }

  /** @param reason left out, none: unlike Node's default it is no exception with a stack */
  abort(reason: unknown = 'aborted'): void {
    if (this.aborted) return;
    this.state = 'aborted';
    this.why = reason;
    this.unlink();
    const listeners = this.listeners;
    this.listeners = undefined;
    this.controller?.abort(reason);
    if (listeners) for (const listener of listeners) listener();
  }

  /** Each listener is called once at most, as an abort happens once at most. */
  addEventListener(_type: 'abort', listener: () => void): void {
    if (this.aborted) return;
    if (this.listeners) this.listeners.push(listener);
    else this.listeners = [listener];
  }

  removeEventListener(_type: 'abort', listener: () => void): void {
    const at = this.listeners?.indexOf(listener) ?? -1;
    if (at >= 0) this.listeners?.splice(at, 1);
  }

  /** Takes the listener off the parent's signal. */
  unlink(): void {
    if (!this.follow) return;
    this.parent?.removeEventListener('abort', this.follow);
    this.follow = undefined;
  }
}

/** Whether nothing may be sent for it any more: it was aborted, or the clock says so before anybody has. */
export function isOverdue({ aborted, overdue }: CancelSignal): boolean {
  return aborted || overdue === true;
}

/** A real `AbortSignal` for what follows `signal`. */
export function nativeSignal(signal: CancelSignal): AbortSignal {
  if (signal instanceof AbortSignal) return signal;
  if (signal instanceof Cancellation) return signal.native;
  return new Cancellation(signal).native;
}
