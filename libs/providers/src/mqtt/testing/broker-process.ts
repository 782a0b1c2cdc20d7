import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import type { BrokerOrder, BrokerQuestion, BrokerVerdict, FromBroker, ToBroker } from './broker-messages';

const AGAIN_MS = 200;

/** As a source file, for tests and scripts, or as what was built of it: the child is what this file is. */
const EXTENSION = path.extname(__filename);
const REGISTER = path.resolve(__dirname, '../../../../../scripts/register.cjs');
const EXEC_ARGV = EXTENSION === '.ts' ? ['--require', REGISTER] : [];

/** The broker's process, started again on the same port whenever it ends without being asked to. */
export class BrokerProcess {
  private child: ChildProcess | undefined;
  private isStopping = false;

  private constructor(
    private knownPort: number,
    private readonly decide: (question: BrokerQuestion) => Promise<BrokerVerdict>,
  ) {}

  /** @param decide what becomes of a connection or a message; the broker waits for it */
  static async start(
    port: number,
    decide: (question: BrokerQuestion) => Promise<BrokerVerdict>,
  ): Promise<BrokerProcess> {
    const broker = new BrokerProcess(port, decide);
    await broker.spawn();
    return broker;
  }

  get port(): number {
    return this.knownPort;
  }

  tell(order: BrokerOrder): void {
    this.send(order);
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    const { child } = this;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    await new Promise<void>((resolve) => {
      child.once('exit', () => {
        resolve();
      });
      child.kill('SIGKILL'); // it keeps nothing
    });
  }

  private send(message: ToBroker): void {
    if (this.child?.connected === true) this.child.send(message);
  }

  private spawn(): Promise<void> {
    const child = fork(path.join(__dirname, `broker.main${EXTENSION}`), [String(this.knownPort)], {
      execArgv: EXEC_ARGV,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.child = child;
    return new Promise((resolve, reject) => {
      child.on('message', (message: FromBroker) => {
        if (message.kind === 'ready') {
          this.knownPort = message.port;
          resolve();
        } else void this.answer(child, message);
      });
      child.once('exit', (code, signal) => {
        reject(new Error(`The broker ended with ${String(code ?? signal)}.`));
        if (!this.isStopping) setTimeout(() => void this.again(), AGAIN_MS);
      });
    });
  }

  private async again(): Promise<void> {
    if (!this.isStopping) await this.spawn().catch(() => undefined);
  }

  private async answer(child: ChildProcess, question: BrokerQuestion): Promise<void> {
    const verdict = await this.decide(question).catch((): BrokerVerdict => ({ reset: 'before' }));
    if (child.connected) child.send({ kind: 'answer', id: question.id, ...verdict } satisfies ToBroker);
  }
}
