import { Injectable } from '@nestjs/common';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { NoteMetrics } from './note-metrics';

/** What a loop over the ledger needs beside its work: how often, how long, and where it is counted and written down. */
@Injectable()
export class TurnTools {
  constructor(
    readonly settings: LedgerSettings,
    readonly time: LedgerTime,
    readonly notes: NoteMetrics,
    readonly log: LedgerLog,
  ) {}
}
