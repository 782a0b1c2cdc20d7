import { Cancellation, isOverdue, nativeSignal } from './cancellation';

describe('Cancellation', () => {
  it('tells each listener once, and nobody who took their ear away', () => {
    const cancellation = new Cancellation();
    const heard: string[] = [];
    const gone = (): void => void heard.push('gone');
    cancellation.addEventListener('abort', () => heard.push('first'));
    cancellation.addEventListener('abort', gone);
    cancellation.addEventListener('abort', () => heard.push('second'));
    cancellation.removeEventListener('abort', gone);

    cancellation.abort('why');
    cancellation.abort('again');

    expect(heard).toEqual(['first', 'second']);
    expect(cancellation).toMatchObject({ aborted: true, reason: 'why' });
  });

  it.each([
    ['a real signal', () => new AbortController()],
    [
      'another of its kind',
      () => {
        const parent = new Cancellation();
        return { signal: parent, abort: (reason: unknown) => parent.abort(reason) };
      },
    ],
  ])('follows %s until it is unlinked', (_what, makeParent) => {
    const parent = makeParent();
    const added = jest.spyOn(parent.signal, 'addEventListener');
    const removed = jest.spyOn(parent.signal, 'removeEventListener');
    const follower = new Cancellation(parent.signal);
    const stranger = new Cancellation(parent.signal);
    stranger.unlink();

    parent.abort('lost');

    expect([follower.aborted, follower.reason, stranger.aborted]).toEqual([true, 'lost', false]);
    expect(new Cancellation(parent.signal)).toMatchObject({ aborted: true, reason: 'lost' });
    expect(removed.mock.calls.length).toBe(added.mock.calls.length);
  });

  it('is overdue when the clock says so, its own or that of whom it follows, and when it was aborted', () => {
    let isLate = false;
    const parent = new Cancellation(undefined, () => isLate);
    const follower = new Cancellation(parent);
    expect([parent.overdue, follower.overdue]).toEqual([false, false]);

    isLate = true;
    expect([parent.overdue, follower.overdue, follower.aborted]).toEqual([true, true, false]);
    expect([parent, nativeSignal(follower), AbortSignal.abort(), new AbortController().signal].map(isOverdue)).toEqual([
      true,
      true,
      true,
      false,
    ]);
    isLate = false;
    follower.abort();
    expect([parent.overdue, follower.overdue]).toEqual([false, true]);
  });

  it('makes a real signal for those who need one, before or after the abort', () => {
    const [early, late] = [new Cancellation(), new Cancellation()];
    const signal = nativeSignal(early);
    early.abort('early');
    late.abort('late');

    expect([signal.aborted, signal.reason]).toEqual([true, 'early']);
    expect([nativeSignal(late).aborted, nativeSignal(late).reason]).toEqual([true, 'late']);
    expect(AbortSignal.any([nativeSignal(late)]).aborted).toBe(true);
  });

  it('leaves a real signal as it is', () => {
    const { signal } = new AbortController();

    expect(nativeSignal(signal)).toBe(signal);
  });
});
