import type { AnswerHead, CancelSignal } from '@puente/kernel';

type Listener = (head: AnswerHead) => void;

const listeners = new WeakMap<CancelSignal, Listener>();

/**
 * Hears the head of every answer to requests under this signal, which belongs to one try of one call: so a connection
 * need not know for whom it asks, and a provider's code need not hand anything on.
 */
export function listenForAnswers(signal: CancelSignal, listener: Listener): void {
  listeners.set(signal, listener);
}

export function stopListening(signal: CancelSignal): void {
  listeners.delete(signal);
}

/** Requests under `signal` are those of the call behind `of`: the real signal that an SDK was given for a light one. */
export function answersLike(signal: CancelSignal, of: CancelSignal): void {
  const listener = signal === of ? undefined : listeners.get(of);
  if (listener) listeners.set(signal, listener);
}

/** For whoever sends requests: an answer's head has come. Never throws into the call: what listeners do is theirs. */
export function answered(signal: CancelSignal, head: AnswerHead): void {
  try {
    listeners.get(signal)?.(head);
  } catch {
    // What a header says about limits must not change what the call is answered.
  }
}
