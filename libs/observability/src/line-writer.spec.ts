import { pino } from 'pino';
import { LineWriter } from './line-writer';

describe('LineWriter', () => {
  const written: string[] = [];
  const messages = (): unknown[] =>
    written.map((text) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { msg: string }).msg),
    );
  beforeEach(() => (written.length = 0));

  it('writes the lines of one turn of the event loop together', async () => {
    const log = pino({}, new LineWriter({ write: (text) => void written.push(text) }));
    log.info('one');
    log.info('two');
    expect(written).toEqual([]);

    await new Promise((resolve) => setImmediate(resolve));
    expect(messages()).toEqual([['one', 'two']]);
  });

  it('writes a warning at once, after what came before it', () => {
    const log = pino({}, new LineWriter({ write: (text) => void written.push(text) }));
    log.info('one');
    log.warn('two');

    expect(messages()).toEqual([['one', 'two']]);
  });

  it('leaves nothing behind when the process ends', () => {
    const writer = new LineWriter({ write: (text) => void written.push(text) });
    pino({}, writer).info('last');
    process.emit('exit', 0);

    expect(messages()).toEqual([['last']]);
  });
});
