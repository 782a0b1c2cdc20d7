import { z } from 'zod';

/** `next` of the previous page, where it is a sequence number. Opaque to clients. */
export const seqCursor = z
  .string()
  .regex(/^\d{1,18}$/, 'expected `next` of the previous page')
  .optional()
  .meta({ description: '`next` of the previous page.' });

/** Text by which rows are looked up. Without NUL: PostgreSQL's text cannot hold it and would refuse the whole statement. */
export const filterText = (most: number) =>
  z
    .string()
    .max(most)
    .refine((text) => !text.includes('\0'), 'must not contain NUL');

/** Several values of a filter, with commas between them: `due,overdue`. */
export const listOf = <T extends z.ZodType<string, string>>(item: T, text = z.string().min(1).max(400)) =>
  z.codec(text, z.array(item).min(1), {
    decode: (given) => given.split(',') as z.input<T>[],
    encode: (values) => values.join(','),
  });

/** The same of known values, which the OpenAPI document then names. */
export const someOf = <const T extends readonly string[]>(values: T) => {
  const one = `(?:${values.join('|')})`;
  const text = z
    .string()
    .max(400)
    .regex(
      new RegExp(`^${one}(?:,${one})*$`),
      `expected one or more of ${values.join(', ')}, with commas between them`,
    );
  return listOf(z.enum(values), text);
};

/** How many items a page has. */
export const limit = z.coerce
  .number()
  .int()
  .min(1)
  .max(100)
  .default(25)
  .meta({ description: 'How many items a page has.' });
