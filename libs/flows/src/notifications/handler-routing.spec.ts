import { DEFAULT_HANDLER, type Handler, routeTo } from './handler-routing';

const topic = 'arn:aws:sns:us-east-1:000000000000:demo';
const handler = (kind: string): [string, Handler] => [kind, { ...DEFAULT_HANDLER, kind }];

describe('routeTo', () => {
  const paid = handler('order.paid');
  const ofTopic = handler(topic);
  const any = handler('*');

  it.each([
    ['the handler of its event', { event: 'order.paid', topic }, [paid, ofTopic, any], 'order.paid'],
    ['not the handler of its topic when it names an event', { event: 'order.sent', topic }, [paid, ofTopic, any], '*'],
    ['the handler of its topic when it names no event', { topic }, [paid, ofTopic, any], topic],
    ['the handler for the rest', { topic }, [paid, any], '*'],
    ['the built-in handler when nothing was registered', { event: 'order.paid', topic }, [], 'default'],
  ])('finds %s', (_what, message, handlers, kind) => {
    expect(routeTo(message, new Map(handlers)).kind).toBe(kind);
  });
});
