import { FixedRandom, ManualClock } from '../../../../test/support/manual-clock';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { Prefetch } from './prefetch';

describe('Prefetch', () => {
  const clock = new ManualClock();
  const prefetch = new Prefetch(
    new LedgerSettings({ concurrency: 50, prefetch: 100 }),
    new LedgerTime(clock, new FixedRandom(0)),
  );
  const end = (calls: number): void => {
    for (let at = 0; at < calls; at++) prefetch.count();
  };

  it('is as configured for slow calls, grows with what ends in a moment up to a bound, and shrinks again', async () => {
    end(20);
    expect(prefetch.capacity).toBe(150);

    end(230);
    expect(prefetch.capacity).toBe(300);
    end(10_000);
    expect(prefetch.capacity).toBe(450);

    await clock.advance(110);
    expect(prefetch.capacity).toBe(450); // of the window before
    await clock.advance(110);
    expect(prefetch.capacity).toBe(150);
  });
});
