import type { Received } from '../../support/sandbox-tenant';
import { type Judged, isPublish, markOf } from './judged';

export interface Invariant {
  readonly name: string;
  /** What contradicts it; nothing when it holds. */
  violations(judged: Judged): readonly string[];
}

/**
 * What must hold after any number of kills (Done when 3), checked against what SNS itself has logged and not against
 * our own tables; the tables are then compared with that.
 */
export const invariants: readonly Invariant[] = [
  {
    name: 'nothing accepted is lost: published, or with `review` waiting for a person',
    violations: (judged) =>
      judged.accepted
        .filter(
          (sending) =>
            judged.effectsOf(sending).length === 0 &&
            !(sending.kind === 'review' && judged.statusOf(sending) === 'needs_review'),
        )
        .map((sending) => `${sending.kind} ${sending.message}: ${judged.statusOf(sending)}`),
  },
  {
    name: 'every journey has ended, and only those with `review` wait for a person',
    violations: (judged) =>
      judged.accepted
        .filter(
          (sending) =>
            !(
              judged.statusOf(sending) === 'published' ||
              (sending.kind === 'review' && judged.statusOf(sending) === 'needs_review')
            ),
        )
        .map((sending) => `${sending.kind} ${sending.message}: ${judged.statusOf(sending)}`),
  },
  {
    name: 'to a FIFO topic nothing is published twice',
    violations: (judged) => judged.repeated(['fifo']).map(describe),
  },
  {
    name: 'with `review` nothing is published twice',
    violations: (judged) => judged.repeated(['review']).map(describe),
  },
  {
    name: 'to a standard topic with `resend` every repeat is marked, and no first is',
    violations: (judged) =>
      judged
        .of(['resend', 'foreign'])
        .map((sending) => judged.effectsOf(sending))
        .filter(
          (effects) =>
            !effects.every((effect, place) => place === 0 || markOf(effect) !== undefined) ||
            new Set(effects.map(markOf)).size < effects.length,
        )
        .map(describe),
  },
  {
    name: 'there are no more repeats than calls in flight at the kills, by SNS and by the ledger',
    violations: (judged) => {
      const seen = judged.repeated(['resend', 'foreign']).reduce((sum, effects) => sum + effects.length - 1, 0);
      const written = judged.evidence.operations.filter(isPublish).reduce((sum, { repeats }) => sum + repeats, 0);
      return seen <= written && written <= judged.mostCut
        ? []
        : [`${String(seen)} seen, ${String(written)} written, ${String(judged.mostCut)} cut off at most`];
    },
  },
  {
    name: 'no more wait for a person than calls in flight at the kills',
    violations: (judged) => {
      const waiting = judged.of(['review']).filter((sending) => judged.statusOf(sending) === 'needs_review').length;
      return waiting <= judged.mostCut ? [] : [`${String(waiting)} wait`];
    },
  },
  {
    name: 'one Idempotency-Key is one notification',
    violations: ({ accepted, evidence }) => {
      const ids = accepted.flatMap(({ id }) => id ?? []);
      const foreign = accepted.length - ids.length;
      const rows = evidence.notifications.length;
      return new Set(ids).size === ids.length && rows === ids.length + foreign
        ? []
        : [`${String(ids.length)} by REST, ${String(foreign)} foreign, ${String(rows)} rows`];
    },
  },
  {
    name: 'rows and operations agree: one send for each by REST, one publish for each',
    violations: ({ accepted, evidence: { operations, notifications } }) => {
      const sends = operations.filter(({ operation }) => operation === 'sendMessage').length;
      const publishes = operations.filter(isPublish);
      const byRest = accepted.filter(({ id }) => id !== undefined).length;
      const published = notifications.filter(({ status }) => status === 'published').length;
      const succeeded = publishes.filter(({ state }) => state === 'succeeded').length;
      return sends === byRest && publishes.length === notifications.length && published === succeeded
        ? []
        : [
            `${String(sends)} sends of ${String(byRest)}; ${String(publishes.length)} publishes of ${String(notifications.length)}; ${String(published)} published, ${String(succeeded)} succeeded`,
          ];
    },
  },
  {
    name: 'the message id that a notification shows is one that SNS gave for it',
    violations: (judged) =>
      judged.accepted
        .filter((sending) => {
          const shown = judged.rowOf(sending)?.snsMessageId ?? null;
          return shown !== null && !judged.effectsOf(sending).some(({ messageId }) => messageId === shown);
        })
        .map(({ message }) => message),
  },
  {
    name: 'no operation that may have been sent claims to have failed',
    violations: ({ evidence }) =>
      evidence.operations
        .filter(({ maybeSent, state }) => maybeSent && ['rejected', 'exhausted', 'cancelled'].includes(state))
        .map(({ id }) => id),
  },
  {
    name: 'inside a group the order of acceptance is the order of publication',
    violations: (judged) =>
      [...new Set(judged.accepted.map(({ group }) => group))].filter((group) => !judged.isInOrder(group)),
  },
  {
    name: 'SNS got nothing that nobody sent',
    violations: ({ accepted, evidence }) => {
      const sent = new Set(accepted.map(({ message }) => message));
      return evidence.effects.filter(({ message }) => !sent.has(message)).map(({ message }) => message);
    },
  },
  {
    name: 'the queue is empty and nothing is in the dead-letter queue',
    violations: ({ evidence: { waiting } }) =>
      waiting.queue + waiting.deadLetters === 0 ? [] : [JSON.stringify(waiting)],
  },
  {
    name: 'the audit trail verifies',
    violations: ({ evidence: { audit } }) => (audit.ok && audit.checked > 0 ? [] : [JSON.stringify(audit)]),
  },
];

function describe(effects: readonly Received[]): string {
  return effects.map((effect) => `${effect.message} at ${effect.at} (repeat ${markOf(effect) ?? 'none'})`).join(', ');
}
