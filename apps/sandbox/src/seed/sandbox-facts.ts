import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const Facts = z.object({
  apiUrl: z.string(),
  sandboxUrl: z.string(),
  workerUrl: z.string(),
  tenantId: z.string(),
  keys: z.object({ client: z.string(), admin: z.string(), audit: z.string(), platform: z.string() }),
  notifications: z.object({
    queueUrl: z.string(),
    deadLetterQueueUrl: z.string(),
    topicArn: z.string(),
    fifoTopicArn: z.string(),
  }),
  /** Where customer notifications come from (S0.5), and receivers that answer 200 to whatever is posted below. */
  webhooks: z.object({ queueUrl: z.string(), receiversUrl: z.string() }),
  /** Where accounting entries and partners come from (S0.3, S0.4). */
  accounting: z.object({ queueUrl: z.string() }),
  /** The broker and the mail server; what they received is shown by the stand-ins. */
  mqtt: z.object({ url: z.string(), username: z.string(), password: z.string() }),
  smtp: z.object({
    host: z.string(),
    port: z.number(),
    user: z.string(),
    password: z.string(),
    mailboxUrl: z.string(),
  }),
  /** Our id of each function, and its name at Lambda. */
  functions: z.record(z.string(), z.string()),
});

/** What scripts and the banner need to know of a running sandbox (DESIGN §8). */
export type SandboxFacts = z.output<typeof Facts>;

/** `.puente/sandbox.json`. It holds the demo keys, so only its owner reads it; replaced whole, never half. */
export function writeSandboxFile(dataDir: string, facts: SandboxFacts & { readonly processes: unknown }): void {
  const file = path.join(dataDir, 'sandbox.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** The facts of the last run, for its keys; undefined before the first, or when the file is not one of ours. */
export function readSandboxFile(dataDir: string): SandboxFacts | undefined {
  try {
    return Facts.parse(JSON.parse(readFileSync(path.join(dataDir, 'sandbox.json'), 'utf8')));
  } catch {
    return undefined; // then new keys are made
  }
}
