/** One waiting receive. */
export interface Poll {
  /** Resolves when a message may be there, after `ms`, or when the client has gone. */
  wait(ms: number, closed: AbortSignal): Promise<void>;
  /** Must be called when the receive ends, whatever its end. */
  leave(): void;
}

/**
 * The receives that wait on one queue. One new message wakes the one that waits longest: waking all of them would make
 * ten queries for one message. A poll that leaves with its call still unused hands it to the next.
 */
export class LongPolls {
  private readonly waiting = new Set<Ticket>();

  /** Join before looking for messages: a message that arrives between looking and waiting is then not missed. */
  join(): Poll {
    const ticket = new Ticket((unused) => {
      this.waiting.delete(ticket);
      if (unused) this.wake(1);
    });
    this.waiting.add(ticket);
    return ticket;
  }

  wake(messages: number): void {
    let left = messages;
    for (const ticket of this.waiting) {
      if (left <= 0) return;
      if (ticket.call()) left -= 1;
    }
  }

  wakeAll(): void {
    for (const ticket of this.waiting) ticket.call();
  }
}

class Ticket implements Poll {
  private called = false;
  private resume: (() => void) | undefined;

  constructor(private readonly onLeave: (unused: boolean) => void) {}

  /** @returns whether this call was news. */
  call(): boolean {
    if (this.called) return false;
    this.called = true;
    this.resume?.();
    return true;
  }

  async wait(ms: number, closed: AbortSignal): Promise<void> {
    if (!this.called && !closed.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.resume = (): void => {
          clearTimeout(timer);
          resolve();
        };
        closed.addEventListener('abort', this.resume, { once: true });
      });
      if (this.resume) closed.removeEventListener('abort', this.resume);
      this.resume = undefined;
    }
    // The call is used by looking again, unless nobody is left to look.
    if (!closed.aborted) this.called = false;
  }

  leave(): void {
    this.onLeave(this.called);
  }
}
