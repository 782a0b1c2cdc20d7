import type { DestinationStream } from 'pino';

/** Lines that come by their thousands; every other level is written at once. */
const PATIENT_LEVELS: ReadonlySet<number> = new Set([10, 20, 30]);

/** By this pino knows that a stream wants to be told the level of the line it is about to write. */
const METADATA = Symbol.for('pino.metadata');

const writers = new Set<LineWriter>();
process.on('exit', () => {
  for (const writer of writers) writer.flush();
});

/**
 * Writes the lines of one turn of the event loop together, in their order: a system call per line is what a log costs
 * most. A warning or an error is written at once, with all that came before it, and so is what is left when the process
 * ends; only a SIGKILL takes the information of the turn it interrupts.
 */
export class LineWriter implements DestinationStream {
  readonly [METADATA] = true;
  lastLevel = 0;
  private lines = '';

  constructor(private readonly to: DestinationStream) {
    writers.add(this);
  }

  write(line: string): void {
    if (this.lines === '') setImmediate(this.flush);
    this.lines += line;
    if (!PATIENT_LEVELS.has(this.lastLevel)) this.flush();
  }

  readonly flush = (): void => {
    const { lines } = this;
    this.lines = '';
    if (lines !== '') this.to.write(lines);
  };
}
