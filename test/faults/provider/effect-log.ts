import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Door } from './fault.client';

/** One thing the stand-in really did. */
export interface Effect {
  readonly n: number;
  readonly at: number;
  readonly door: Door;
  readonly ref: string;
  readonly operationId: string;
  readonly key: string;
  readonly repeat: number;
  readonly token: string;
  readonly how: string;
}

/**
 * The independent witness: what was done, written to a file of its own before anybody is told, one line each. Nothing
 * of ours reads it before the end.
 */
export class EffectLog {
  readonly all: Effect[];
  private readonly file: number;
  private readonly byRef = new Map<string, Effect>();
  private readonly byKey = new Map<string, Effect>();

  constructor(path: string) {
    this.all = readEffects(path);
    for (const effect of this.all) this.index(effect);
    this.file = openSync(path, 'a');
  }

  add(effect: Omit<Effect, 'n' | 'at'>): Effect {
    const written: Effect = { ...effect, n: this.all.length + 1, at: Date.now() };
    writeSync(this.file, `${JSON.stringify(written)}\n`);
    this.all.push(written);
    this.index(written);
    return written;
  }

  ofRef(ref: string): Effect | undefined {
    return this.byRef.get(ref);
  }

  ofKey(key: string): Effect | undefined {
    return this.byKey.get(key);
  }

  close(): void {
    closeSync(this.file);
  }

  private index(effect: Effect): void {
    if (!this.byRef.has(effect.ref)) this.byRef.set(effect.ref, effect);
    if (!this.byKey.has(effect.key)) this.byKey.set(effect.key, effect);
  }
}

/** A last line that was being written when the process was killed is no effect: nobody was told of it. */
export function readEffects(path: string): Effect[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Effect);
}
