import type { CancelSignal } from '@puente/kernel';
import type { Dispatcher } from 'undici';
import { answered } from './answer-heads';
import type { HttpAnswer } from './http-answer';

/** What became of a request that got no answer. */
export interface Unanswered {
  /** Whether it was handed to a connected socket. Before that it has certainly not been sent. */
  readonly begun: boolean;
  readonly error: unknown;
}

/**
 * One request on undici's own level, below its `request()`: that makes a stream of each answer, which for the small ones
 * of an API costs as much as the request itself; and only here is it seen whether a request was begun.
 */
export class HttpExchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: Readonly<Record<string, string | string[] | undefined>> = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private isOver = false;
  private readonly giveUp = (): void => {
    // While it connects there is nothing to be broken off: undici asks again before it writes.
    if (this.controller) this.controller.abort(new Error('Given up'));
    else this.fail(new Error('Given up'));
  };

  constructor(
    private readonly signal: CancelSignal,
    private readonly answered: (answer: HttpAnswer) => void,
    private readonly unanswered: (what: Unanswered) => void,
    private readonly maxBytes = Number.POSITIVE_INFINITY,
  ) {
    signal.addEventListener('abort', this.giveUp, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Called in the turn in which the request is written: the last moment to find out that it is too late for it.
    if (!this.isOver && this.signal.overdue === true) this.fail(new Error('Too late'));
    if (this.isOver) controller.abort(new Error('Given up'));
    else this.controller = controller;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    this.status = status;
    this.headers = headers;
    answered(this.signal, { status, headers });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.isOver) return;
    const left = this.maxBytes - this.bytes;
    this.bytes += chunk.length;
    this.chunks.push(chunk.length > left ? chunk.subarray(0, left) : chunk);
    if (this.bytes < this.maxBytes) return;
    this.onResponseEnd();
    controller.abort(new Error('Enough was read'));
  }

  onResponseEnd(): void {
    if (!this.end()) return;
    const { status, headers } = this;
    this.answered({ status, headers: firsts(headers), text: this.text() });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: unknown): void {
    this.fail(error);
  }

  /** For what undici throws at once, too. */
  fail(error: unknown): void {
    if (this.end()) this.unanswered({ begun: this.controller !== undefined, error });
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.signal.removeEventListener('abort', this.giveUp);
    return true;
  }

  private text(): string {
    const [first] = this.chunks;
    if (!first) return '';
    const text = (this.chunks.length === 1 ? first : Buffer.concat(this.chunks)).toString();
    return text.startsWith('\ufeff') ? text.slice(1) : text;
  }
}

function firsts(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const first: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    const one = Array.isArray(value) ? value[0] : value;
    if (one !== undefined) first[name.toLowerCase()] = one;
  }
  return first;
}
