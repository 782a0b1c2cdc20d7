import { closeClients } from '../support/sandbox-client';
import { type FaultOptions, optionsFrom, USAGE } from './fault-options';
import { RARE } from './ledger/ledger-invariants';
import { ledgerPlan } from './ledger/ledger-plan';
import { LedgerRun } from './ledger/ledger-run';
import { bugsNamed, plant } from './planted/planted-run';
import {
  printCaught,
  printLedger,
  printPurchases,
  printReviews,
  printTrunk,
  printWebhooks,
  printWebpay,
} from './print';
import { PurchaseRun } from './purchases/purchase-run';
import { trunkPlan } from './trunk/fault-plan';
import { FaultRun } from './trunk/fault-run';
import { webhookPlan } from './webhooks/webhook-plan';
import { WebhookRun } from './webhooks/webhook-run';
import { payPlan } from './webpay/pay-plan';
import { PayRun } from './webpay/pay-run';

const PUBLISHERS = 20;
const HEAL_WEBHOOKS_MS = 120_000;
const HEAL_PURCHASES_MS = 180_000;

/** What a scenario is to the command: it can be attacked, and it ends. */
interface Scenario<Report> {
  readonly dir: string;
  attack(): Promise<Report>;
  end(how: { readonly keepData: boolean }): Promise<void>;
}

/**
 * Breaks what can break, by seed, and compares what was accepted with what the stand-ins saw.
 * `npm run test:faults -- --seed 7`; `--help` names the rest.
 */
async function main(): Promise<void> {
  const options = optionsFrom(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  let failed = options.planted === undefined ? 0 : await planted(options.planted, options);
  for (const seed of options.planted === undefined ? options.seeds : []) {
    if (options.scenarios.includes('trunk')) failed += await trunk(seed, options);
    if (options.scenarios.includes('ledger')) failed += await ledger(seed, options);
    if (options.scenarios.includes('webhooks')) failed += await webhooks(seed, options);
    if (options.scenarios.includes('purchases')) failed += await purchases(seed, options);
    if (options.scenarios.includes('webpay')) failed += await webpay(seed, options);
  }
  if (options.seeds.length > 1 && reviewed.of > 0) failed += printReviews(reviewed, RARE) ? 0 : 1;
  await closeClients();
  process.exitCode = failed > 0 ? 1 : 0;
}

/** Over all seeds: what could be repeated or asked about, and what of it waits for a person all the same. */
const reviewed = { of: 0, waiting: 0 };

/** @returns how many bugs nobody caught, or with `--control` how many runs caught one that was not there */
async function planted(name: string, { seeds, control }: FaultOptions): Promise<number> {
  let uncaught = 0;
  for (const bug of bugsNamed(name)) {
    const caught = await plant(bug, seeds[0] ?? 1, control, say);
    printCaught(bug, caught);
    if (control ? caught.by.length > 0 : !caught.caught) uncaught += 1;
  }
  process.stdout.write(`${String(uncaught)} ${control ? 'false alarms' : 'not caught'}\n`);
  return uncaught;
}

async function trunk(seed: number, options: FaultOptions): Promise<number> {
  const plan = trunkPlan(seed, options);
  say(`trunk, seed ${String(seed)}: ${String(plan.rounds.length)} kills`);
  const run = await FaultRun.prepare(say);
  const scenario = { dir: run.dataDir, attack: () => run.attack(plan), end: run.end.bind(run) };
  return carriedOut(scenario, options, (report) => printTrunk(report, options));
}

async function ledger(seed: number, options: FaultOptions): Promise<number> {
  const plan = ledgerPlan({ seed, seconds: options.seconds, perSecond: options.perSecond, mode: options.mode });
  const { items, events } = plan;
  say(`ledger, seed ${String(seed)}: ${String(items.length)} operations, ${String(events.length)} faults`);
  const run = await LedgerRun.prepare(plan, say);
  return carriedOut(run, options, (report) => {
    reviewed.of += report.reviews.of;
    reviewed.waiting += Object.values(report.reviews.why).reduce((sum, n) => sum + n, 0);
    return printLedger(report, options);
  });
}

async function webhooks(seed: number, options: FaultOptions): Promise<number> {
  const given = { publishers: PUBLISHERS, eventsEach: options.events, healMs: HEAL_WEBHOOKS_MS };
  const plan = webhookPlan(seed, given);
  say(`webhooks, seed ${String(seed)}: ${String(PUBLISHERS * options.events)} events`);
  const run = await WebhookRun.prepare(plan, say);
  return carriedOut(run, options, (report) => printWebhooks(report, options));
}

/** Half as many units and a fifth as many faults as buyers. */
async function purchases(seed: number, options: FaultOptions): Promise<number> {
  const { buyers } = options;
  const plan = { seed, buyers, units: Math.ceil(buyers / 2), faults: Math.ceil(buyers / 5), healMs: HEAL_PURCHASES_MS };
  say(`purchases, seed ${String(seed)}: ${String(buyers)} buyers, ${String(plan.units)} units`);
  const run = await PurchaseRun.prepare(plan, say);
  return carriedOut(run, options, (report) => printPurchases(report, options));
}

async function webpay(seed: number, options: FaultOptions): Promise<number> {
  const plan = payPlan(seed, options.payers);
  say(`webpay, seed ${String(seed)}: ${String(plan.payers.length)} payers, ${String(plan.kills.length)} random kills`);
  const run = await PayRun.prepare(plan, say);
  return carriedOut(run, options, (report) => printWebpay(report, options));
}

/** @returns how many invariants did not hold */
async function carriedOut<Report>(
  scenario: Scenario<Report>,
  { keep }: FaultOptions,
  print: (report: Report) => number,
): Promise<number> {
  let failed = -1;
  const interrupted = (): void => {
    void scenario.end({ keepData: true }).finally(() => process.exit(130));
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    failed = print(await scenario.attack());
  } finally {
    const keepData = keep || failed !== 0;
    await scenario.end({ keepData });
    if (keepData) say(`What is left of it is in ${scenario.dir}`);
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
  return failed;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
