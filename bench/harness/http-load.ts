import { connect, type Socket } from 'node:net';

/** One request in pieces: an id of its own goes between each two of them. */
export interface RequestPlan {
  readonly host: string;
  readonly port: number;
  readonly pieces: readonly string[];
  readonly connections: number;
  /** Asked before each request: whether there is to be one more. */
  readonly more: () => boolean;
}

export interface Answers {
  /** How often each status came. */
  readonly byStatus: ReadonlyMap<number, number>;
  /** Connections that broke before their answer. */
  readonly broken: number;
  readonly latenciesMs: readonly number[];
}

const STATUS_AT = 'HTTP/1.1 '.length;
const LENGTH = '\r\ncontent-length: ';
const [HEAD_END, READ_BYTES] = ['\r\n\r\n', 65_536] as const;

/**
 * As many connections as asked, each with one request at a time over keep-alive, and nothing but that: whatever the
 * load itself costs is missing to what is measured on the same machine.
 */
export async function httpLoad(plan: RequestPlan): Promise<Answers> {
  const [byStatus, latenciesMs] = [new Map<number, number>(), [] as number[]];
  const answered = (status: number, latencyMs: number): void => {
    byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
    latenciesMs.push(latencyMs);
  };
  let broken = 0;
  const lanes = Array.from({ length: plan.connections }, () => new Connection(plan, answered).run());
  await Promise.all(lanes.map((lane) => lane.catch(() => void (broken += 1))));
  return { byStatus, latenciesMs, broken };
}

let lastId = 0;
const runId = `${String(process.pid)}-${Date.now().toString(36)}`;

class Connection {
  private readonly buffer = Buffer.allocUnsafe(READ_BYTES);
  private socket!: Socket;
  private sentMs = 0;
  /** What has come of an answer that is not whole yet. */
  private begun = '';

  constructor(
    private readonly plan: RequestPlan,
    private readonly answered: (status: number, latencyMs: number) => void,
  ) {}

  /** Resolves when there is nothing more to ask. @throws when the connection breaks, or says what is no answer */
  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, port } = this.plan;
      const callback = (bytes: number): boolean => {
        try {
          if (this.read(bytes) && !this.next()) resolve();
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          this.socket.destroy();
        }
        return true;
      };
      const onread = { buffer: this.buffer, callback };
      this.socket = connect({ host, port, noDelay: true, onread }, () => {
        if (!this.next()) resolve();
      });
      this.socket.once('error', reject).once('close', () => reject(new Error('The connection broke')));
    });
  }

  /** Whether there was one more request to send. */
  private next(): boolean {
    if (!this.plan.more()) {
      this.socket.destroy();
      return false;
    }
    this.sentMs = performance.now();
    this.socket.write(this.plan.pieces.join(`${runId}-${String(++lastId)}`), 'latin1');
    return true;
  }

  /** Whether the answer is whole now. */
  private read(bytes: number): boolean {
    const text = this.begun + this.buffer.toString('latin1', 0, bytes);
    const length = answerLength(text);
    if (length === undefined || text.length < length) {
      this.begun = text;
      return false;
    }
    if (text.length > length) throw new Error('An answer nobody asked for');
    this.begun = '';
    this.answered(Number(text.slice(STATUS_AT, STATUS_AT + 3)), performance.now() - this.sentMs);
    return true;
  }
}

/** Of the whole answer; undefined as long as its head has not come. @throws when it does not say */
function answerLength(text: string): number | undefined {
  const head = text.indexOf(HEAD_END);
  if (head < 0) return undefined;
  const at = text.indexOf(LENGTH);
  if (at < 0 || at > head) throw new Error(`An answer without a length: ${text.slice(0, head)}`);
  return head + HEAD_END.length + Number.parseInt(text.slice(at + LENGTH.length, at + LENGTH.length + 12), 10);
}
