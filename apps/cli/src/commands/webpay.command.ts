import type { INestApplicationContext } from '@nestjs/common';
import { conciliationCsv, evidenceCsv, evidencePdf, PaymentReports } from '@puente/flows/payments';
import { IntegrationViews, Tenants } from '@puente/tenancy';
import { Command, InvalidArgumentError } from 'commander';
import { withPlatform } from '../platform';
import { writeWholeFile } from '../whole-file';

interface EvidenceOptions {
  readonly tenant: string;
  readonly from: Date;
  readonly to: Date;
  readonly out: string;
}

interface ReconciliationOptions {
  readonly tenant: string;
  readonly date: string;
  readonly json?: boolean;
}

/** `puente webpay`: what Transbank and the bank want to see of a tenant's payments. */
export function webpayCommand(env: NodeJS.ProcessEnv): Command {
  const command = new Command('webpay').description('Evidence for Transbank’s validation, and a day for the bank.');
  command
    .command('evidence')
    .description('Write every attempt to pay of a range, with date, time, result and returns, as CSV and as PDF.')
    .requiredOption('--tenant <uuid>', 'whose payments')
    .requiredOption('--from <time>', 'begun at this time or later, such as 2026-11-23T00:00:00-03:00', time)
    .requiredOption('--to <time>', 'begun before this time', time)
    .option('--out <path>', 'path of the two files, without .csv and .pdf', 'webpay-evidence')
    .action((options: EvidenceOptions) => withPlatform(env, (app) => writeEvidence(app, options)));
  command
    .command('reconciliation')
    .description(
      'Print the money that moved on one day in Chile: buy order, authorisation code, amount, accounting date.',
    )
    .requiredOption('--tenant <uuid>', 'whose payments')
    .requiredOption('--date <date>', 'such as 2026-11-23', date)
    .option('--json', 'as JSON in place of CSV')
    .action((options: ReconciliationOptions) => withPlatform(env, (app) => printReconciliation(app, options)));
  return command;
}

async function writeEvidence(app: INestApplicationContext, { tenant, from, to, out }: EvidenceOptions): Promise<void> {
  const { name } = await app.get(Tenants).get(tenant);
  const lines = await app.get(PaymentReports).evidence(tenant, from, to);
  const accounts = (await app.get(IntegrationViews).list(tenant)).filter(({ provider }) => provider === 'webpay');
  const commerceCodes = accounts.map(({ config }) => String(config.commerceCode));
  const head = { tenant: name, commerceCodes, from, before: to, at: new Date() };
  await writeWholeFile(`${out}.csv`, only(Buffer.from(evidenceCsv(lines))));
  await writeWholeFile(`${out}.pdf`, only(await evidencePdf(head, lines)));
  process.stdout.write(`${JSON.stringify({ attempts: lines.length, csv: `${out}.csv`, pdf: `${out}.pdf` })}\n`);
}

async function printReconciliation(
  app: INestApplicationContext,
  { tenant, date: day, json }: ReconciliationOptions,
): Promise<void> {
  const found = await app.get(PaymentReports).conciliation(tenant, day);
  process.stdout.write(json === true ? `${JSON.stringify(found)}\n` : conciliationCsv(found));
}

async function* only<Chunk>(chunk: Chunk): AsyncGenerator<Chunk> {
  yield await Promise.resolve(chunk);
}

function time(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new InvalidArgumentError('Expected a time such as 2026-11-23T00:00:00-03:00.');
  return at;
}

function date(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))) return text;
  throw new InvalidArgumentError('Expected a day such as 2026-11-23.');
}
