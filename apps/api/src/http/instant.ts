import { z } from 'zod';

/** A point in time as text with an offset (`2026-11-23T12:00:00-03:00`), as a Date inside. */
export const instant = z
  .codec(z.iso.datetime({ offset: true }), z.date(), {
    decode: (text) => new Date(text),
    encode: (date) => date.toISOString(),
  })
  .meta({ type: 'string', format: 'date-time' });

/** The bounds of a list in time. */
export const since = instant.optional().meta({ description: 'Nothing older than this.' });
export const until = instant.optional().meta({ description: 'Nothing newer than this.' });
