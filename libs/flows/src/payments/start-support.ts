import { Injectable } from '@nestjs/common';
import { PaymentMoves } from './payment-moves';
import { PaymentSettings } from './payment-settings';

/** What a start needs beside the call itself. */
@Injectable()
export class StartSupport {
  constructor(
    readonly settings: PaymentSettings,
    readonly moves: PaymentMoves,
  ) {}
}
