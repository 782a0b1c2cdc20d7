import type { SandboxFacts } from './seed';

/** What a new user sees: where things are, with which keys, and a first call that works when pasted. */
export function banner(facts: SandboxFacts, seconds: string, dataDir: string): string {
  const body = JSON.stringify({
    topic: facts.notifications.topicArn,
    subject: 'Hola',
    message: 'Su pedido va en camino 🚚',
  });
  return `
Puente is ready after ${seconds} s.

  API         ${facts.apiUrl}      documentation ${facts.apiUrl}/docs
  Stand-ins   ${facts.sandboxUrl}      what they received: ${facts.sandboxUrl}/_sandbox/sns/received
  Queue       ${facts.notifications.queueUrl}
  Topic       ${facts.notifications.topicArn}
  MQTT        ${facts.mqtt.url}      ${facts.mqtt.username} / ${facts.mqtt.password}
  Demo shop   ${facts.sandboxUrl}/_sandbox/shop      pays through Webpay, with published test cards
  Mailbox     ${facts.smtp.mailboxUrl}

  Demo tenant ${facts.tenantId}
    client    ${facts.keys.client}
    admin     ${facts.keys.admin}
    audit     ${facts.keys.audit}
    platform  ${facts.keys.platform}

A first notification, and then its journey:

  curl -s ${facts.apiUrl}/v1/notifications \\
    -H 'Authorization: Bearer ${facts.keys.client}' \\
    -H 'Content-Type: application/json' -H 'Idempotency-Key: first-1' \\
    -d '${body}'

  curl -s ${facts.apiUrl}/v1/notifications -H 'Authorization: Bearer ${facts.keys.client}'

The same for scripts is in ${dataDir}/sandbox.json, logs are in ${dataDir}/logs. Ctrl-C stops everything; the data stays.
`;
}
