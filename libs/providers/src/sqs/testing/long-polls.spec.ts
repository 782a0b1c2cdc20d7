import { LongPolls } from './long-polls';

describe('long polls', () => {
  const never = new AbortController().signal;
  /** Which of the polls have been woken by now. */
  const woken = async (waits: Promise<void>[]): Promise<boolean[]> => {
    const pending = Symbol('pending');
    await new Promise((resolve) => setImmediate(resolve));
    return Promise.all(waits.map(async (wait) => (await Promise.race([wait, Promise.resolve(pending)])) !== pending));
  };

  it('wakes as many as there are messages, the longest waiting first', async () => {
    const polls = new LongPolls();
    const [a, b, c] = [polls.join(), polls.join(), polls.join()];
    const waits = [a.wait(10_000, never), b.wait(10_000, never), c.wait(10_000, never)];
    polls.wake(2);
    expect(await woken(waits)).toEqual([true, true, false]);
    polls.wakeAll();
    expect(await woken(waits)).toEqual([true, true, true]);
  });

  it('does not miss a message that came between looking and waiting', async () => {
    const polls = new LongPolls();
    const poll = polls.join();
    polls.wake(1);
    expect(await woken([poll.wait(10_000, never)])).toEqual([true]);
  });

  it('hands an unused call on to the next when a poll leaves', async () => {
    const polls = new LongPolls();
    const [busy, idle] = [polls.join(), polls.join()];
    const wait = idle.wait(10_000, never);
    polls.wake(1);
    expect(await woken([wait])).toEqual([false]);
    busy.leave();
    expect(await woken([wait])).toEqual([true]);
  });

  it('hands the call of a client that has gone on to the next', async () => {
    const polls = new LongPolls();
    const client = new AbortController();
    const [gone, patient] = [polls.join(), polls.join()];
    const waits = [gone.wait(10_000, client.signal), patient.wait(10_000, never)];
    polls.wake(1);
    client.abort();
    await waits[0];
    gone.leave();
    expect(await woken(waits)).toEqual([true, true]);
  });

  it('wakes by itself after its time', async () => {
    const poll = new LongPolls().join();
    await expect(poll.wait(5, never)).resolves.toBeUndefined();
  });
});
