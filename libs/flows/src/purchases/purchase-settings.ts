import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '@puente/tenancy';
import { PurchaseSettingsBody } from './purchases.schemas';

/** How a tenant's shop works. */
export interface ShopSettings {
  readonly groupId: string;
  readonly requestTopic: string;
  readonly validationTopic: string;
  /** Where Webpay sends the payer back to. */
  readonly redirectUrl: string | null;
  /** CLP, of fixtures without a price of their own. */
  readonly unitPrice: number;
  /** After how long a request of ours that nobody paid gives its units back. */
  readonly holdMinutes: number;
  /** Names of the tenant's accounts. */
  readonly mqtt: string;
  readonly webpay: string;
  readonly smtp: string | null;
}

const USUAL = PurchaseSettingsBody.parse({});

/** Of tenants that have said nothing. */
const DEFAULTS: Omit<ShopSettings, 'redirectUrl'> = {
  ...{ groupId: USUAL.group_id, requestTopic: USUAL.request_topic, validationTopic: USUAL.validation_topic },
  ...{ unitPrice: USUAL.unit_price, holdMinutes: USUAL.hold_minutes },
  ...{ mqtt: USUAL.mqtt, webpay: USUAL.webpay, smtp: USUAL.smtp },
};

/** How each tenant's shop works. */
@Injectable()
export class PurchaseSettings {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly config: AppConfigService,
  ) {}

  get(tenantId: string): Promise<ShopSettings> {
    return this.database.run(tenantId, (tx) => this.of(tx));
  }

  async of(tx: TenantTransaction): Promise<ShopSettings> {
    const [own] = await tx.query<ShopSettings>(
      `SELECT group_id AS "groupId", request_topic AS "requestTopic", validation_topic AS "validationTopic",
              redirect_url AS "redirectUrl", unit_price::float8 AS "unitPrice", hold_minutes AS "holdMinutes", mqtt, webpay, smtp
       FROM purchase_settings WHERE tenant_id = $1`,
      [tx.tenantId],
    );
    const redirectUrl = own?.redirectUrl ?? this.config.get('REDIRECT_URL') ?? null;
    return { ...(own ?? DEFAULTS), redirectUrl };
  }

  put(tenantId: string, body: PurchaseSettingsBody, origin: Origin): Promise<ShopSettings> {
    return this.database.run(tenantId, async (tx) => {
      await tx.query(
        `INSERT INTO purchase_settings (id, tenant_id, group_id, request_topic, validation_topic, redirect_url, unit_price,
                                        hold_minutes, mqtt, webpay, smtp, updated_at)
         VALUES ($11, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, puente_now())
         ON CONFLICT (tenant_id) DO UPDATE SET group_id = excluded.group_id, request_topic = excluded.request_topic,
           validation_topic = excluded.validation_topic, redirect_url = excluded.redirect_url, unit_price = excluded.unit_price,
           hold_minutes = excluded.hold_minutes, mqtt = excluded.mqtt, webpay = excluded.webpay, smtp = excluded.smtp,
           updated_at = excluded.updated_at`,
        [
          ...[tenantId, body.group_id, body.request_topic, body.validation_topic, body.redirect_url ?? null],
          ...[body.unit_price, body.hold_minutes, body.mqtt, body.webpay, body.smtp, uuidv7()],
        ],
      );
      const target = 'purchases:settings';
      const given = { ...body, redirect_url: body.redirect_url ?? null };
      await this.audit.record(tx, {
        ...origin,
        action: 'purchase_settings.put',
        target,
        outcome: 'done',
        detail: given,
      });
      return this.of(tx);
    });
  }
}
