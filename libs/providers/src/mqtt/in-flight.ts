import { type CancelSignal, type Failure, isOverdue, notSent, unknown } from '@puente/kernel';
import { MqttFailedError } from './mqtt.errors';

/** Packet ids are two bytes; far fewer are ever needed, and a broker of MQTT 5 may allow fewer still. */
const MOST = 1_000;

type Settle = (failure: Failure | undefined) => void;

/** What was written to one connection and waits for its acknowledgement, and what waits for its turn. */
export class InFlight {
  private readonly pending = new Set<Settle>();
  private readonly waiting = new Set<() => void>();

  /**
   * Waits for room, runs `send` and waits for what it says, for the end of the connection, or for its caller's patience.
   *
   * @throws {MqttFailedError} `not_sent` when its caller gave up before there was room, or it is too late for it
   */
  async answered(cancel: CancelSignal, send: (settle: Settle) => void, most = MOST): Promise<void> {
    while (this.pending.size >= Math.min(most, MOST) && !cancel.aborted) await this.change(cancel);
    // Nothing may come between these and the count, or the packet: two that saw the same room would both take it, and who
    // was frozen while it waited must not send when nobody counts on it any more.
    if (isOverdue(cancel)) throw new MqttFailedError(notSent('deadline'));
    return this.begun(cancel, send);
  }

  private begun(cancel: CancelSignal, send: (settle: Settle) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        settle(unknown('timeout'));
      };
      const settle: Settle = (failure) => {
        if (!this.pending.delete(settle)) return;
        cancel.removeEventListener('abort', giveUp);
        this.changed();
        if (failure) reject(new MqttFailedError(failure));
        else resolve();
      };
      this.pending.add(settle);
      cancel.addEventListener('abort', giveUp, { once: true });
      send(settle);
    });
  }

  /** Resolves when nothing is in flight. */
  async empty(): Promise<void> {
    while (this.pending.size > 0) await this.change();
  }

  /** All of it, at once. */
  fail(failure: Failure): void {
    for (const settle of [...this.pending]) settle(failure);
  }

  private change(cancel?: CancelSignal): Promise<void> {
    return new Promise((resolve) => {
      const over = (): void => {
        this.waiting.delete(over);
        cancel?.removeEventListener('abort', over);
        resolve();
      };
      this.waiting.add(over);
      cancel?.addEventListener('abort', over, { once: true });
    });
  }

  private changed(): void {
    for (const over of [...this.waiting]) over();
  }
}
