import type { OnUnknown } from '@puente/kernel';

/** What decides about a message, from the tenant's table or built in. */
export interface Handler {
  readonly kind: string;
  readonly topicArn: string | null;
  /** The function that gets its messages in place of SNS. */
  readonly function: string | null;
  readonly integration: string;
  readonly onUnknown: OnUnknown;
  readonly enabled: boolean;
}

/** Handles every kind for which a tenant registered nothing: publish to the message's own topic. */
export const DEFAULT_HANDLER: Handler = {
  kind: 'default',
  topicArn: null,
  function: null,
  integration: 'default',
  onUnknown: 'resend',
  enabled: true,
};
/** The tenant's handler for all the rest. */
export const ANY_KIND = '*';

/** The kind is the event, and when that is absent, the topic (S1.3). */
export function kindOf({ event, topic }: { readonly event?: string | undefined; readonly topic: string }): string {
  return event ?? topic;
}

export function routeTo(
  message: { readonly event?: string | undefined; readonly topic: string },
  handlers: ReadonlyMap<string, Handler>,
): Handler {
  return handlers.get(kindOf(message)) ?? handlers.get(ANY_KIND) ?? DEFAULT_HANDLER;
}
