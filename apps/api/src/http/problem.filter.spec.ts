import type { ArgumentsHost } from '@nestjs/common';
import type { NotFoundAudit } from '../auth/not-found-audit';
import { ProblemFilter } from './problem.filter';

/** What a client gets, by status and code. */
async function answered(error: unknown): Promise<readonly [number, string]> {
  let status = 0;
  let code = '';
  const reply = {
    getHeader: () => 'r-1',
    header: () => reply,
    status: (given: number) => {
      status = given;
      return reply;
    },
    send: (problem: { code: string }) => {
      code = problem.code;
    },
  };
  const host = { switchToHttp: () => ({ getResponse: () => reply, getRequest: () => ({ raw: {} }) }) };
  const filter = new ProblemFilter({ record: () => Promise.resolve() } as unknown as NotFoundAudit);
  Object.assign(filter, { log: { error: () => undefined, warn: () => undefined } });
  await filter.catch(error, host as unknown as ArgumentsHost);
  return [status, code];
}

const said = (code: string): Error => Object.assign(new Error('what PostgreSQL said'), { code });

describe('an answer to what PostgreSQL says', () => {
  it.each([
    ['read-only', '25006'],
    ['full', '53100'],
    ['out of connections', '53300'],
    ['starting', '57P03'],
    ['broken disk', '58030'],
    ['gone', 'ECONNREFUSED'],
  ])('is 503 when it is %s: nothing was changed, and the same request may do later (F29)', async (_, code) => {
    expect(await answered(said(code))).toEqual([503, 'DATABASE_UNAVAILABLE']);
  });

  it.each(['40001', '40P01'])('is 503 when a transaction was undone for another one (%s)', async (code) => {
    expect(await answered(said(code))).toEqual([503, 'REQUEST_UNDONE']);
  });

  it.each(['23505', '22P02'])('is 500 for %s, which no repeat mends', async (code) => {
    expect(await answered(said(code))).toEqual([500, 'INTERNAL_ERROR']);
  });
});
