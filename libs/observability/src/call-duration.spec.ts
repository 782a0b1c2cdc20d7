import type { TryRecord } from '@puente/kernel';
import { providerMs } from './call-duration';

const T0 = Date.parse('2026-11-23T12:00:00Z');
const at = (ms: number) => new Date(T0 + ms);
const tried = (startedMs: number, durationMs: number): TryRecord => ({
  startedAt: at(startedMs),
  durationMs,
  outcome: 'ok',
});

describe('how long a provider took', () => {
  it('is counted from its first try: what the call waited before is ours', () => {
    expect(providerMs([tried(30_000, 120)], 30_125, at(30_125))).toBe(125);
  });

  it('has the waits between its tries in it', () => {
    expect(providerMs([tried(0, 100), tried(1_100, 100)], 1_250, at(1_205))).toBe(1_205);
  });

  it('is the whole call where no try was made', () => {
    expect(providerMs([], 42, at(0))).toBe(42);
  });

  it('does not follow a wall clock that jumps', () => {
    expect(providerMs([tried(0, 100)], 130, at(3_600_000))).toBe(130);
    expect(providerMs([tried(0, 100)], 130, at(-3_600_000))).toBe(100);
  });
});
