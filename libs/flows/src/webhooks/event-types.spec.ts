import fc from 'fast-check';
import { EventPattern, EventType, isReserved, patternsFor } from './event-types';

/** The meaning of a pattern, said plainly. */
function matches(pattern: string, type: string): boolean {
  if (pattern === '*') return true;
  return pattern.endsWith('.*') ? type.startsWith(pattern.slice(0, -1)) : pattern === type;
}

describe('event types', () => {
  it('are found by themselves, by all that lies above them, and by *', () => {
    expect(patternsFor('order.item.paid')).toEqual(['order.item.paid', 'order.item.*', 'order.*', '*']);
    expect(patternsFor('abono')).toEqual(['abono', '*']);
  });

  it('of Puente itself are not found by *', () => {
    expect(patternsFor('operation.succeeded', true)).toEqual(['operation.succeeded', 'operation.*']);
  });

  it.each(['operation.succeeded', 'endpoint.disabled', 'delivery.x.y'])('%s is published by nobody else', (type) => {
    expect(isReserved(type)).toBe(true);
  });

  it.each(['operation', 'operations.done', 'order.delivery.late', 'Delivery.late', 'webhook.test'])(
    '%s is anybody’s',
    (type) => {
      expect(isReserved(type)).toBe(false);
    },
  );

  it('look for exactly the patterns that match them', () => {
    const part = fc.constantFrom('a', 'b', 'a-b', 'A');
    const type = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('.'));
    const pattern = fc.oneof(fc.constant('*'), type, type.map((text) => `${text}.*`)); // prettier-ignore
    fc.assert(
      fc.property(type, pattern, (given, wanted) => {
        expect(EventType.safeParse(given).success && EventPattern.safeParse(wanted).success).toBe(true);
        expect(patternsFor(given).includes(wanted)).toBe(matches(wanted, given));
      }),
    );
  });

  it.each(['', '.', 'a.', '.a', 'a..b', 'a b', '*.a', 'a.*.b', 'a*', '**', 'año', 'a.b.c.d.e.f.g.h.i', 'a\n'])(
    'refuses %j as a pattern',
    (text) => {
      expect(EventPattern.safeParse(text).success).toBe(false);
    },
  );

  it('takes no wildcard as a type', () => {
    expect(['*', 'order.*'].map((text) => EventType.safeParse(text).success)).toEqual([false, false]);
  });
});
