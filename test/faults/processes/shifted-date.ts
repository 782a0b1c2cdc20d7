/** A machine whose clock is wrong: what libfaketime does to a process, for everything that asks Date. */
export function shiftDate(byMs: number): void {
  if (byMs === 0) return;
  const Real = Date;
  class ShiftedDate extends Real {
    constructor(...args: readonly unknown[]) {
      if (args.length === 0) super(Real.now() + byMs);
      else super(...(args as [number]));
    }

    static override now(): number {
      return Real.now() + byMs;
    }
  }
  globalThis.Date = ShiftedDate as DateConstructor;
}
