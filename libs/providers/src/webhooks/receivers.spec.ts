import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { policies } from '@puente/resilience';
import { transformSync } from '@swc/core';
import { WebhookSigner } from './signature';
import { newSigningSecret, publicKeyOf } from './signing-secret';

/** What is published for receivers: taken out of the documents as it stands there, and run. */
const root = path.resolve(__dirname, '../../../..');
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const page = readFileSync(path.join(root, 'docs/webhooks.md'), 'utf8');

const secret = newSigningSecret('v1');
const pair = newSigningSecret('v1a');
const nowSeconds = Math.floor(Date.now() / 1_000);

interface Case {
  readonly what: string;
  readonly good: boolean;
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly keys: readonly string[];
}

function received(
  what: string,
  good: boolean,
  over: Partial<Case> & { timestamp?: string; signed?: Buffer } = {},
): Case {
  const body = over.body ?? Buffer.from('{"type":"abono","data":"Núñez 🎉"}');
  const timestamp = over.timestamp ?? String(nowSeconds);
  const signer = new WebhookSigner([{ secret: newSigningSecret('v1') }, { secret: pair }, { secret }]);
  const signature = signer.sign('msg_1', timestamp as unknown as number, over.signed ?? body, nowSeconds * 1_000);
  const headers = { 'webhook-id': 'msg_1', 'webhook-timestamp': timestamp, 'webhook-signature': signature };
  return { what, good, body, headers: over.headers ?? headers, keys: over.keys ?? [secret] };
}

const without = (name: string): Record<string, string> => {
  const { headers } = received('', true);
  return Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name));
};
const signatureOf = (signature: string): Record<string, string> => ({
  ...received('', true).headers,
  'webhook-signature': signature,
});

const cases: readonly Case[] = [
  received('a message', true),
  received('a message during a rotation', true, { keys: [newSigningSecret('v1'), secret] }),
  received('bytes that are no UTF-8', true, { body: Buffer.from([0x22, 0xff, 0x22]) }),
  received('an empty body', true, { body: Buffer.alloc(0) }),
  received('4 minutes ago', true, { timestamp: String(nowSeconds - 240) }),
  received('in 4 minutes', true, { timestamp: String(nowSeconds + 240) }),
  received('6 minutes ago', false, { timestamp: String(nowSeconds - 360) }),
  received('in 6 minutes', false, { timestamp: String(nowSeconds + 360) }),
  received('a timestamp with more behind it', false, { timestamp: `${String(nowSeconds)}abc` }),
  received('a timestamp with a line break behind it', false, { timestamp: `${String(nowSeconds)}\n` }),
  received('a timestamp that is no number', false, { timestamp: 'NaN' }),
  received('other bytes that look the same as text', false, {
    ...{ body: Buffer.from([0x22, 0xfe, 0x22]), signed: Buffer.from([0x22, 0xff, 0x22]) },
  }),
  received('another secret', false, { keys: [newSigningSecret('v1')] }),
  received('no secret', false, { keys: [] }),
  received('no id', false, { headers: without('webhook-id') }),
  received('no timestamp', false, { headers: without('webhook-timestamp') }),
  received('no signature', false, { headers: without('webhook-signature') }),
  received('an empty signature', false, { headers: signatureOf('') }),
  received('a kind without a signature', false, { headers: signatureOf('v1,') }),
  received('a signature without a kind', false, {
    headers: signatureOf('g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='),
  }),
];

const codeOf = (language: string): string => {
  const found = new RegExp(`^## Receiving webhooks$[^]*?^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'm').exec(readme)?.[1];
  if (found === undefined) throw new TypeError(`README.md, "Receiving webhooks", has no ${language}`);
  return found;
};

describe('what the README gives to receivers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'puente-receivers-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('verifies in TypeScript, both kinds of signatures', async () => {
    const options = { jsc: { parser: { syntax: 'typescript' } }, module: { type: 'commonjs' } } as const;
    const file = path.join(folder, 'verify.cjs');
    writeFileSync(file, transformSync(codeOf('ts'), options).code);
    const { verifyWebhook } = (await import(file)) as {
      verifyWebhook: (body: Buffer, headers: object, keys: readonly string[]) => void;
    };
    const verdict = ({ body, headers, keys }: Case): boolean => {
      try {
        verifyWebhook(body, headers, keys);
        return true;
      } catch (error) {
        expect((error as Error).message).toMatch(/^webhook: /);
        return false;
      }
    };

    const asymmetric = [
      received('a message, by public key', true, { keys: [publicKeyOf(pair)] }),
      received('another public key', false, { keys: [publicKeyOf(newSigningSecret('v1a'))] }),
    ];
    const all = [...cases, ...asymmetric];
    expect(all.map((each) => [each.what, verdict(each)])).toEqual(all.map(({ what, good }) => [what, good]));
  });

  it('verifies in Python', () => {
    const harness = `${codeOf('python')}
import json, sys
def verdict(case):
    try:
        verify_webhook(base64.b64decode(case["body"]), case["headers"], case["keys"])
        return True
    except ValueError as error:
        assert str(error).startswith("webhook: "), error
        return False
print(json.dumps([verdict(case) for case in json.load(sys.stdin)]))`;
    const input = JSON.stringify(cases.map((each) => ({ ...each, body: each.body.toString('base64') })));
    const { error, status, stdout, stderr } = spawnSync('python3', ['-c', harness], { input, encoding: 'utf8' });

    if (error)
      throw new Error('python3 is needed to run what the README gives to receivers. Install it.', { cause: error });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const verdicts = JSON.parse(stdout) as boolean[];
    expect(cases.map(({ what }, at) => [what, verdicts[at]])).toEqual(cases.map(({ what, good }) => [what, good]));
  });
});

describe('the page for receivers', () => {
  it('has an example that verifies', () => {
    const message = page.split('```http\n')[1]?.split('\n```')[0] ?? '';
    const [head = '', body = ''] = message.split('\n\n');
    const header = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(head)?.[1] ?? '';
    const shown = /the secret is `(whsec_\S+)`/.exec(page)?.[1] ?? '';
    const signer = new WebhookSigner([{ secret: shown }]);
    const made = signer.sign(header('webhook-id'), Number(header('webhook-timestamp')), Buffer.from(body));
    expect(made).toBe(header('webhook-signature'));
  });

  it('names the waits of the policy', () => {
    const unit = (ms: number): string => {
      if (ms < 60_000) return `${String(ms / 1_000)} s`;
      return ms < 3_600_000 ? `${String(ms / 60_000)} min` : `${String(ms / 3_600_000)} h`;
    };
    expect(page).toContain(`<!-- schedule -->\n${policies.webhook.schedule.map(unit).join(', ')}\n`);
  });
});
