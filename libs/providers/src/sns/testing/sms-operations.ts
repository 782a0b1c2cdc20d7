import type { AwsOperation, SandboxServices } from '@puente/integrations/testing';
import * as wire from './sns-wire.schemas';
import { snsOperation } from './topic-operations';

/** The account's settings for text messages: kept and given back, nothing more. */
export function smsOperations(services: SandboxServices): Record<string, AwsOperation> {
  const read = async (): Promise<Record<string, string>> => {
    const rows = await services.database.query<{ value: Record<string, string> }>(
      `SELECT value FROM sns_settings WHERE name = 'sms'`,
    );
    return rows[0]?.value ?? {};
  };
  return {
    SetSMSAttributes: snsOperation('SetSMSAttributes', wire.SetSmsAttributes, async (_call, { attributes }) => {
      const merged = { ...(await read()), ...attributes };
      await services.database.query(
        `INSERT INTO sns_settings (name, value) VALUES ('sms', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
        [JSON.stringify(merged)],
      );
      return { output: {} };
    }),
    GetSMSAttributes: snsOperation('GetSMSAttributes', wire.GetSmsAttributes, async (_call, input) => {
      const all = Object.entries(await read());
      const wanted = input.attributes.length === 0 ? all : all.filter(([name]) => input.attributes.includes(name));
      return { output: { attributes: Object.fromEntries(wanted) } };
    }),
  };
}
