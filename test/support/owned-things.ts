import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { bodyOf, type Answer } from './sandbox-client';
import type { ReadyTenant } from './sandbox-tenant';
import { takesPayments } from './webpay-account';
import type { ApiRoute } from './api-routes';
import { until } from './sandbox-until';

/**
 * What a tenant has, by the beginning of the routes that name it: what stands for the parameter of their paths. A new
 * kind of id belongs into this list; the guard matrix fails for a route whose parameter it does not know.
 */
export type OwnedThings = Readonly<Record<string, string>>;

/** Parameters that are no ids of anybody: the same for every tenant. */
const COMMON: OwnedThings = {
  ...{ '{provider}': 'sns', '{function}': 'contact', '{document}': 'INT-001' },
  '{secret}': '5f0d7a110190f6d27c1e7a559a0e3f6f',
};

/** Makes one of each in a tenant. */
export async function ownThings(owner: ReadyTenant): Promise<OwnedThings> {
  bodyOf(await owner.admin.put('/v1/notifications/handlers/owned.event', {}));
  bodyOf(await owner.admin.put('/v1/functions/contact', { name: `${owner.name}-contact` }));
  const sent = { topic: owner.topicArn, subject: 's', message: `m ${randomUUID()}`, event: 'owned.event' };
  const notification = bodyOf<{ id: string }>(await owner.notify(sent), 202).id;
  await owner.journeyEnds(notification, 'published');
  const redrive = bodyOf<{ id: string }>(await owner.admin.post('/v1/notifications/redrives', {}), 202).id;
  await until(async () => (await stateOf(owner, redrive)) === 'done', {
    withinMs: 20_000,
    what: 'the redrive is done',
  });
  const operation = firstId(await owner.client.get('/v1/operations'));
  const replayed = await owner.admin.post('/v1/operations/replay', { filter: { ids: [operation] } });
  const endpoint = await owner.admin.post('/v1/webhook-endpoints', { url: owner.receiverUrl, eventTypes: ['owned.*'] });
  const event = bodyOf<{ id: string }>(await owner.client.post('/v1/events', { type: 'owned.a', payload: {} }), 202).id;
  const fixture = { league_name: 'Owned', round: '1', date: '2026-12-05T20:00:00Z', units: 9 };
  bodyOf(await owner.admin.put('/v1/fixtures/9001', fixture));
  bodyOf(await owner.admin.put('/v1/users/9001', { name: 'Owned' }));
  const bought = await owner.client.post('/v1/requests', {
    group_id: 15,
    fixture_id: 9001,
    quantity: 1,
    user_id: 9001,
  });
  const move = { transaction_id: 9001, amount: 1, finalitix_type: 'cargo', description: 'Owned' };
  const moved = await owner.client.post('/v1/accounting/moves', move);
  const partner = await owner.client.post('/v1/accounting/partners', { accountId: 1, finalitixUserId: 'owned' });
  return {
    '/v1/accounting/moves/{id}': bodyOf<{ id: string }>(moved, 202).id,
    '/v1/accounting/partners/{id}': bodyOf<{ id: string }>(partner, 202).id,
    '/v1/payments/{id}': await ownPayment(owner),
    '/v1/fixtures/{fixture_id}': '9001',
    '/v1/users/{user_id}': '9001',
    '/v1/requests/{id}': bodyOf<{ request: { request_id: string } }>(bought, 201).request.request_id,
    '/v1/webhook-endpoints/{id}': bodyOf<{ id: string }>(endpoint, 201).id,
    '/v1/webhook-deliveries/{id}': firstId(await owner.admin.get(`/v1/events/${event}/deliveries`)),
    '/v1/events/{id}': event,
    '/v1/operation-replays/{id}': bodyOf<{ id: string }>(replayed, 202).id,
    '/v1/tenants/{id}': owner.id,
    '/v1/notifications/redrives/{id}': redrive,
    '/v1/notifications/dead-letters/{id}': await ownDeadLetter(owner),
    '/v1/operations/{id}': operation,
    '/v1/notifications/{id}': notification,
    '/v1/api-keys/{id}': firstId(await owner.admin.get('/v1/api-keys')),
    '/v1/notifications/handlers/{kind}': 'owned.event',
  };
}

/** The path of a route with the parameters filled in; undefined when nothing is known of one of them. */
export function pathFor({ path }: Pick<ApiRoute, 'path'>, things: OwnedThings): string | undefined {
  const prefix = prefixOf(path, things);
  const own = prefix === undefined ? path : path.replace(/\{\w+\}/, encodeURIComponent(things[prefix] ?? ''));
  const filled = own.replace(/\{\w+\}/g, (parameter) => COMMON[parameter] ?? parameter);
  return filled.includes('{') ? undefined : filled;
}

/** Which kind of thing a route names; undefined for one that names none. */
export function prefixOf(path: string, things: OwnedThings): string | undefined {
  return Object.keys(things).find((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

/** One that is open, at a form that nobody visits. */
async function ownPayment(owner: ReadyTenant): Promise<string> {
  await takesPayments(owner);
  const order = { reference: `order ${randomUUID()}`, amount: 9_990 };
  return bodyOf<{ id: string }>(await owner.client.post('/v1/payments', order), 201).id;
}

async function stateOf(owner: ReadyTenant, redrive: string): Promise<string> {
  return bodyOf<{ state: string }>(await owner.admin.get(`/v1/notifications/redrives/${redrive}`), 200).state;
}

/** A message that nobody can read, put aside with its reason. */
async function ownDeadLetter(owner: ReadyTenant): Promise<string> {
  const id = randomUUID();
  const message = { QueueUrl: owner.queueUrl, MessageBody: `no JSON ${id}` };
  await owner.sqs.send(new SendMessageCommand({ ...message, MessageGroupId: 'g', MessageDeduplicationId: id }));
  return until(
    async () => {
      const { items } = bodyOf<{ items: { id: string }[] }>(
        await owner.admin.get('/v1/notifications/dead-letters'),
        200,
      );
      return items[0]?.id ?? false;
    },
    { withinMs: 20_000, what: 'the message is put aside' },
  );
}

function firstId(answer: Answer): string {
  return bodyOf<{ items: { id: string }[] }>(answer, 200).items[0]?.id ?? '';
}
