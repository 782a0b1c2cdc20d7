import { AppError, type JsonObject, type JsonValue, notSent, unknown } from '@puente/kernel';
import { DISPATCH_MODES, TestDispatchQueue } from '../../../../test/support/dispatch-queue.fixture';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import type { NewOperation } from '../operation';
import type { PayloadPlace } from '../ports/payload-cipher.port';
import { Lanes } from '../reading/lanes';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../testing/ledger.fixture';
import { type Behaviour, ScriptedProvider, acts, actsAndIsLost, failsWith, held } from '../testing/scripted-provider';
import { TestCipher } from '../testing/test-cipher';

/** A process that lacks the key of some rows, which others have. */
class ForgetfulCipher extends TestCipher {
  readonly missing = new Set<string>();

  override async open(place: PayloadPlace, envelope: JsonObject): Promise<JsonValue> {
    if (this.missing.has(place.rowId)) throw new KeyMissing('This process lacks the encryption key k2.');
    return super.open(place, envelope);
  }
}

class KeyMissing extends AppError {
  readonly code = 'ENCRYPTION_KEY_MISSING';
}

describe.each(DISPATCH_MODES)('dispatcher, mode %s', (mode) => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let queue: TestDispatchQueue;
  let worker: TestProcess;
  let provider: ScriptedProvider;
  let tenant: string;
  const cipher = new ForgetfulCipher();

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    provider = new ScriptedProvider();
    queue = await TestDispatchQueue.start(mode);
    worker = await TestProcess.start(database, { dispatch: true, provider, cipher, queue: queue.open() });
  });
  beforeEach(async () => {
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await worker.close();
    await queue.stop();
    await witness.close();
    await database.drop();
  });

  const accept = async (
    given: Partial<NewOperation> = {},
    script: Parameters<ScriptedProvider['script']>[1][] = [],
  ): Promise<string> => {
    const operation = newOperation(tenant, given);
    provider.script(operation.id, ...script);
    await worker.ledger.acceptGrouped(operation);
    return operation.id;
  };
  /** Due again at once, so that a wait of seconds is none. */
  const hurry = async (id: string): Promise<void> => {
    await witness.sql(
      `UPDATE operations SET next_attempt_at = puente_now() WHERE id = $1 AND state IN ('queued', 'unknown')`,
      [id],
    );
    worker.dispatcher.hint();
  };
  const outcomes = async (id: string) => (await witness.attempts(id)).map(({ outcome }) => outcome);

  it('does what was accepted, and keeps its output for its tenant only', async () => {
    const id = await accept({ input: { secret: 'x' } });
    await witness.settled(id);

    expect(await worker.ledger.get(tenant, id)).toMatchObject({ state: 'succeeded', output: { done: id }, attempt: 1 });
    await expect(worker.ledger.get(await witness.tenant(), id)).rejects.toMatchObject({ code: 'OPERATION_NOT_FOUND' });
    expect(JSON.stringify(await witness.row(id))).not.toContain('secret');
    expect(provider.inputs).toContainEqual({ secret: 'x' });
  });

  it('calls once and stops at a refusal (F22)', async () => {
    const id = await accept({ effect: 'once' }, [failsWith({ kind: 'rejected', code: 'NoSuchThing', status: 404 })]);
    expect(await witness.settled(id)).toMatchObject({ state: 'rejected', failure: 'rejected', maybe_sent: false });
    expect(provider.callsOf(id)).toBe(1);
  });

  it.each([
    ['connect', notSent('connect')],
    ['a 503 by contract', notSent('refused')],
  ])('repeats a once call that %s proves unsent (F17)', async (_, outcome) => {
    const id = await accept({ effect: 'once', policy: 'interactive' }, [failsWith(outcome), failsWith(outcome)]);
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', attempt: 3, repeats: 0 });
    expect(provider.effectsOf(id)).toBe(1);
  });

  it.each(['reset', 'timeout', 'server_error', 'bad_body'] as const)(
    'never repeats a once call after %s (F17, F18, F20)',
    async (cause) => {
      const id = await accept({ effect: 'once' }, [failsWith(unknown(cause))]);
      expect(await witness.settled(id)).toMatchObject({
        state: 'needs_review',
        failure: `unknown:${cause}`,
        maybe_sent: true,
      });
      expect(provider.callsOf(id)).toBe(1);
    },
  );

  it('asks about a reconcilable call whose answer was lost, instead of repeating it (F15)', async () => {
    const id = await accept({ effect: 'reconcilable' }, [actsAndIsLost]);
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', attempt: 1 });
    expect([provider.callsOf(id), provider.effectsOf(id)]).toEqual([1, 1]);
    expect(await outcomes(id)).toEqual(['unknown', 'applied']);
  });

  it('waits as long as the provider may still act before it asks (F16)', async () => {
    const id = await accept({ effect: 'reconcilable', settleMs: 60_000 }, [failsWith(unknown('timeout'))]);
    const row = await witness.until(id, ({ state }) => state === 'unknown');
    expect(row.next_attempt_at.getTime() - Date.now()).toBeGreaterThan(55_000);
    await witness.sql(`UPDATE operations SET next_attempt_at = puente_now() WHERE id = $1`, [id]);
    await witness.settled(id);
  });

  it('repeats a reconcilable call once the provider says it never happened', async () => {
    const id = await accept({ effect: 'reconcilable', policy: 'interactive' }, [failsWith(unknown('reset'))]);
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', attempt: 2, maybe_sent: false, repeats: 0 });
    expect(provider.effectsOf(id)).toBe(1);
  });

  it('asks, rather than believes, a refusal that follows a lost answer (F21)', async () => {
    const rejects = failsWith({ kind: 'rejected', status: 409 });
    const id = await accept({ effect: 'idempotent', policy: 'interactive', onUnknown: 'review' }, [
      actsAndIsLost,
      rejects,
    ]);
    expect(await witness.settled(id)).toMatchObject({ state: 'needs_review', failure: 'rejected', maybe_sent: true });
  });

  it('goes on asking while the provider cannot tell, and hands over at the deadline (F23)', async () => {
    const pending: Behaviour = () => ({ kind: 'asked', answer: { kind: 'pending' } });
    const deadlineAt = new Date(Date.now() + 600_000);
    const id = await accept({ effect: 'reconcilable', deadlineAt }, [
      failsWith(unknown('timeout')),
      pending,
      failsWith(unknown('timeout')),
      pending,
      pending,
    ]);
    await witness.until(id, ({ asks }) => asks >= 1);
    await hurry(id);
    await witness.until(id, ({ asks }) => asks >= 2);
    expect(await witness.row(id)).toMatchObject({ attempt: 1, maybe_sent: true });
    await witness.sql(`UPDATE operations SET deadline_at = puente_now() - interval '1 s' WHERE id = $1`, [id]);
    await hurry(id);
    expect(await witness.settled(id)).toMatchObject({ state: 'needs_review' });
  });

  it('survives an executor that throws, and counts the outcome as unknown (F25)', async () => {
    const throws: Behaviour = () => {
      throw new Error('bug');
    };
    const review = await accept({ effect: 'once' }, [throws]);
    const again = await accept({ effect: 'idempotent', policy: 'interactive' }, [throws]);
    expect(await witness.settled(review)).toMatchObject({ state: 'needs_review', failure: 'unknown:internal' });
    expect(await witness.settled(again)).toMatchObject({ state: 'succeeded', attempt: 2 });
  });

  it('sends an input that does not open to review, and goes on with the others', async () => {
    const [bad, good] = [newOperation(tenant, { notBefore: new Date(Date.now() + 60_000) }), newOperation(tenant)];
    await worker.ledger.acceptGrouped(bad);
    await witness.sql(
      `UPDATE operations SET input = '{"place": "elsewhere"}', next_attempt_at = puente_now() WHERE id = $1`,
      [bad.id],
    );
    await worker.ledger.acceptGrouped(good);
    expect(await witness.settled(bad.id)).toMatchObject({
      state: 'needs_review',
      failure: 'input_unreadable',
      maybe_sent: false,
    });
    expect(await witness.settled(good.id)).toMatchObject({ state: 'succeeded' });
    expect(provider.callsOf(bad.id)).toBe(0);
  });

  it('gives back what only this process cannot open, as often as it takes, and burns no attempt (T09)', async () => {
    const operation = newOperation(tenant, { effect: 'once' });
    cipher.missing.add(operation.id);
    await worker.ledger.acceptGrouped(operation);
    await witness.until(operation.id, ({ fence }) => Number(fence) > 1); // given back, and claimed again
    expect(provider.callsOf(operation.id)).toBe(0);
    cipher.missing.clear();

    expect(await witness.settled(operation.id)).toMatchObject({ state: 'succeeded', attempt: 1, crashes: 0 });
    cipher.missing.add(operation.id);
    await expect(worker.ledger.get(tenant, operation.id)).rejects.toMatchObject({ code: 'ENCRYPTION_KEY_MISSING' });
    cipher.missing.clear();
    expect(await worker.ledger.get(tenant, operation.id)).toMatchObject({ output: { done: operation.id } });
  });

  it('marks every repeat of a once call with `resend`, for the executor and in the attempts', async () => {
    const id = await accept({ effect: 'once', onUnknown: 'resend' }, [actsAndIsLost]);
    await witness.until(id, ({ repeats }) => repeats === 1);
    await hurry(id);
    expect(await witness.settled(id)).toMatchObject({ state: 'succeeded', repeats: 1, attempt: 2 });
    expect(provider.effects.filter(({ operationId }) => operationId === id).map(({ repeat }) => repeat)).toEqual([
      0, 1,
    ]);
    expect((await witness.attempts(id)).map(({ repeat }) => repeat)).toEqual([false, true]);
  });

  it('turns from blind repeats to unknown when the key window is over (F40)', async () => {
    const id = await accept({ effect: 'idempotent', keyWindowMs: 300_000 }, [actsAndIsLost]);
    const row = await witness
      .until(id, ({ state, maybe_sent }) => state === 'queued' && maybe_sent, 3_000)
      .catch(() => undefined);
    if (row) {
      await witness.sql(
        `UPDATE operations SET first_sent_at = puente_now() - interval '301 s', next_attempt_at = puente_now() WHERE id = $1`,
        [id],
      );
      worker.dispatcher.hint();
      expect(await witness.settled(id)).toMatchObject({ state: 'needs_review', failure: 'key_expired' });
      expect(provider.callsOf(id)).toBe(1);
    } else throw new Error('It was repeated before the window could be moved');
  });

  it('does not call what nobody wants any more', async () => {
    const id = await accept({ deadlineAt: new Date(Date.now() - 1_000) });
    expect(await witness.settled(id)).toMatchObject({ state: 'exhausted', failure: 'deadline', attempt: 0 });
    expect(await outcomes(id)).toEqual(['deadline_passed']);
    expect(provider.callsOf(id)).toBe(0);
  });

  describe('lanes', () => {
    it('pauses a lane whose credentials fail, keeps its operations, and goes on after a resume (F41)', async () => {
      const unauthorized = failsWith({ kind: 'unauthorized', status: 403 });
      const first = await accept({ laneKey: 'mine', effect: 'once' }, [unauthorized]);
      await witness.until(first, ({ failure, state }) => failure === 'unauthorized' && state === 'queued');
      const second = await accept({ laneKey: 'mine' });
      const elsewhere = await accept({ laneKey: 'other' });
      await witness.settled(elsewhere);

      expect(await worker.part(Lanes).list(tenant)).toMatchObject([{ laneKey: 'mine', pausedBy: 'unauthorized' }]);
      expect(await witness.row(first)).toMatchObject({ state: 'queued', attempt: 0 });
      expect(await witness.row(second)).toMatchObject({ state: 'queued', attempt: 0 });

      expect(
        await worker.run(tenant, (tx) => worker.part(Lanes).resume(tx, { provider: 'test', pausedBy: 'unauthorized' })),
      ).toHaveLength(1);
      worker.ledger.wake();
      await Promise.all([witness.settled(first), witness.settled(second)]);
      expect(await worker.part(Lanes).list(tenant)).toEqual([]);
    });

    it('is not paused again by the last answer to the old credentials', async () => {
      const slow = held(failsWith({ kind: 'unauthorized' }));
      const pausing = await accept({ laneKey: 'rotated' }, [failsWith({ kind: 'unauthorized' })]);
      await witness.until(pausing, ({ failure }) => failure === 'unauthorized');
      await worker.run(tenant, (tx) => worker.part(Lanes).resume(tx, { provider: 'test' }));
      await witness.settled(pausing);
      const late = await accept({ laneKey: 'rotated' }, [slow.behaviour]);
      await slow.begun;
      await worker.run(tenant, (tx) =>
        worker.part(Lanes).pause(tx, { provider: 'test', laneKey: 'rotated', pausedBy: 'admin', reason: 'rotation' }),
      );
      await worker.run(tenant, (tx) => worker.part(Lanes).resume(tx, { provider: 'test' }));
      slow.release();
      expect(await witness.settled(late)).toMatchObject({ state: 'succeeded' });
      expect(await worker.part(Lanes).list(tenant)).toEqual([]);
    });

    it('parks a throttled lane for all its operations, so that they do not each find out', async () => {
      const throttled = await accept({ laneKey: 'busy' }, [
        failsWith({ kind: 'throttled', retryAfterMs: 30_000, status: 429 }),
      ]);
      await witness.until(throttled, ({ failure }) => failure === 'throttled');
      const behind = await accept({ laneKey: 'busy' });
      const elsewhere = await accept({ laneKey: 'free' });
      await witness.settled(elsewhere);
      expect(await witness.row(behind)).toMatchObject({ state: 'queued', attempt: 0 });
      expect((await witness.row(throttled)).next_attempt_at.getTime() - Date.now()).toBeGreaterThan(25_000);

      await witness.sql(`UPDATE lanes SET open_until = puente_now() - interval '1 s' WHERE tenant_id = $1`, [tenant]);
      worker.dispatcher.hint();
      await witness.settled(behind);
    });
  });

  describe('order keys', () => {
    it('runs one at a time per key, in the order of acceptance, keys side by side', async () => {
      const before = provider.calls.length;
      const group = Array.from({ length: 40 }, (_, at) => newOperation(tenant, { orderKey: `g${String(at % 4)}` }));
      await Promise.all(group.map((each) => worker.ledger.acceptGrouped(each)));
      await Promise.all(group.map(({ id }) => witness.settled(id)));

      const order = provider.calls.slice(before);
      for (const key of ['g0', 'g1', 'g2', 'g3']) {
        const wanted = group.filter(({ orderKey }) => orderKey === key).map(({ id }) => id);
        expect(order.filter((id) => wanted.includes(id))).toEqual(wanted);
      }
    });

    it('lets the head wait for its retry, and the rest with it; past its ladder the rest goes on', async () => {
      const head = newOperation(tenant, { orderKey: 'o', policy: 'interactive' });
      const next = newOperation(tenant, { orderKey: 'o' });
      const down = failsWith(notSent('connect'));
      provider.script(head.id, down, down, down, down);
      await worker.ledger.acceptGrouped(head);
      await worker.ledger.acceptGrouped(next);

      expect(await witness.settled(next.id)).toMatchObject({ state: 'succeeded' });
      expect(await witness.row(head.id)).toMatchObject({ state: 'exhausted', attempt: 4 });
      expect(provider.calls.filter((id) => [head.id, next.id].includes(id))).toEqual([
        head.id,
        head.id,
        head.id,
        head.id,
        next.id,
      ]);
    });

    it('goes on although whoever settled the head died before it could say so', async () => {
      const [head, next] = [newOperation(tenant, { orderKey: 'p' }), newOperation(tenant, { orderKey: 'p' })];
      await worker.ledger.acceptGrouped(head);
      await witness.settled(head.id);
      await worker.ledger.acceptGrouped(next);
      const late = newOperation(tenant, { orderKey: 'p', notBefore: new Date(Date.now() + 60_000) });
      await worker.ledger.acceptGrouped(late);
      await witness.settled(next.id);
      await witness.sql(`UPDATE operations SET blocked = true, next_attempt_at = puente_now() WHERE id = $1`, [
        late.id,
      ]);
      await witness.settled(late.id);
    });
  });

  it('runs alone what crashed its worker twice (F24, quarantine)', async () => {
    const alone: number[] = [];
    const watched: Behaviour = (operation, fake, signal) => {
      alone.push(fake.inFlight);
      return acts(operation, fake, signal);
    };
    const slow = held();
    const busy = await accept({}, [slow.behaviour]);
    await slow.begun;
    const suspects = await Promise.all(
      [1, 2, 3].map(async () => {
        const operation = newOperation(tenant, { notBefore: new Date(Date.now() + 60_000) });
        provider.script(operation.id, watched);
        await worker.ledger.acceptGrouped(operation);
        await witness.sql(`UPDATE operations SET crashes = 2, next_attempt_at = puente_now() WHERE id = $1`, [
          operation.id,
        ]);
        return operation.id;
      }),
    );
    slow.release();
    await Promise.all([busy, ...suspects].map((id) => witness.settled(id)));
    expect(alone).toEqual([1, 1, 1]);
    expect(await witness.row(suspects[0]!)).toMatchObject({ crashes: 0 });
  });

  it('serves a quiet tenant at once although a noisy one has everything in hand', async () => {
    const noisy = Array.from({ length: 200 }, () => newOperation(tenant, { laneKey: 'noisy' }));
    const gates = noisy.map(({ id }) => {
      const gate = held();
      provider.script(id, gate.behaviour);
      return gate;
    });
    await Promise.all(noisy.map((each) => worker.ledger.acceptGrouped(each)));
    await eventually(() => provider.inFlight >= 9);
    const quiet = newOperation(await witness.tenant());
    await worker.ledger.acceptGrouped(quiet);

    expect(await witness.settled(quiet.id, 3_000)).toMatchObject({ state: 'succeeded' });
    for (const gate of gates) gate.release();
    await Promise.all(noisy.map(({ id }) => witness.settled(id, 20_000)));
  });

  it('hears of work that another process accepted, without waiting for its poll', async () => {
    const lazy = await TestProcess.start(database, { dispatch: true, settings: { pollMs: 60_000 } });
    const api = await TestProcess.start(database);
    await worker.dispatcher.stop();
    await eventually(async () => {
      const operation = newOperation(tenant);
      await api.ledger.acceptGrouped(operation);
      return (await witness.settled(operation.id, 1_000).catch(() => undefined)) !== undefined;
    });
    await Promise.all([api.close(), lazy.close()]);
  });
});
