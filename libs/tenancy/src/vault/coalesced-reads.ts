/**
 * Reads that must be fresh, without one query for each of a hundred callers: whoever asks joins a read that has not
 * begun yet, never one that may have looked before they asked.
 */
export class CoalescedReads<T> {
  private readonly lines = new Map<string, { running: Promise<T>; next?: Promise<T> }>();

  read(key: string, load: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key);
    if (!line) return this.start(key, load);
    line.next ??= line.running.then(ignore, ignore).then(() => this.start(key, load));
    return line.next;
  }

  private start(key: string, load: () => Promise<T>): Promise<T> {
    const running = load();
    const line = { running };
    this.lines.set(key, line);
    const end = (): void => {
      // A successor, if there is one, takes the place over in its own turn.
      if (this.lines.get(key) === line && !('next' in line)) this.lines.delete(key);
    };
    running.then(end, end);
    return running;
  }
}

function ignore(): void {
  // The first reader hears of its failure; the next one only waits for the end.
}
