import { HttpUnansweredError } from '@puente/integrations';
import { type CancelSignal, notSent } from '@puente/kernel';

/**
 * One worker of Odoo does one call at a time, and a call without a worker waits inside the server where nobody sees it.
 * So calls wait here, first come first served, for as long as their callers do.
 */
export class Turns {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly most: number) {}

  async take<T>(signal: CancelSignal, work: () => Promise<T>): Promise<T> {
    if (this.running < this.most) this.running += 1;
    else await this.handed(signal);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private handed(signal: CancelSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.waiting.splice(this.waiting.indexOf(take), 1);
        reject(new HttpUnansweredError(notSent('deadline')));
      };
      const take = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      if (signal.aborted) {
        reject(new HttpUnansweredError(notSent('deadline')));
        return;
      }
      this.waiting.push(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }
}
