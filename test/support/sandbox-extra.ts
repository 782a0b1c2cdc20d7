import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { freePort } from '../../apps/sandbox/src/embedded-postgres/free-port';
import { sandboxFacts } from './sandbox';
import { sandboxEnvironment } from './sandbox-cli';

/** One more api or worker beside the sandbox's own: compiled, on the same database, as a second machine would run it. */
export class ExtraProcess {
  private readonly gone: Promise<number | null>;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    this.gone = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  static async start(app: 'api' | 'worker', settings: Readonly<Record<string, string>> = {}): Promise<ExtraProcess> {
    const port = String(await freePort());
    const aws = { AWS_ENDPOINT_URL: sandboxFacts().sandboxUrl, AWS_ACCESS_KEY_ID: 'any', AWS_SECRET_ACCESS_KEY: 'any' };
    const env = { ...sandboxEnvironment(), ...aws, PORT: port, WORKER_PORT: port, ...settings };
    const main = path.resolve(__dirname, `../../dist/apps/${app}/src/main.js`);
    const child = fork(main, [], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const extra = new ExtraProcess(child, `http://127.0.0.1:${port}`);
    const ready = new Promise<'ready'>((resolve) => child.once('message', () => resolve('ready')));
    if ((await Promise.race([ready, extra.gone])) !== 'ready') throw new Error(`The extra ${app} did not start`);
    return extra;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** @returns its exit code; null when a signal ended it */
  ended(): Promise<number | null> {
    return this.gone;
  }
}
