import { Foundation1764000000000 } from './1764000000000-foundation';
import { CreateTenancy1764000001000 } from './1764000001000-create-tenancy';
import { CreateLedger1764000002000 } from './1764000002000-create-ledger';
import { CreateNotifications1764000003000 } from './1764000003000-create-notifications';
import { CreateRedrives1764000005000 } from './1764000005000-create-redrives';
import { CreateRotation1764000006000 } from './1764000006000-create-rotation';
import { RefuseRetiredKeys1764000007000 } from './1764000007000-refuse-retired-keys';
import { TenantLife1764000008000 } from './1764000008000-tenant-life';
import { CreateFunctions1764000009000 } from './1764000009000-create-functions';
import { CompleteLedger1764000010000 } from './1764000010000-complete-ledger';
import { CreateQuotas1764000011000 } from './1764000011000-create-quotas';
import { CreateDispatchTurn1764000012000 } from './1764000012000-create-dispatch-turn';
import { CreateWebhooks1764000014000 } from './1764000014000-create-webhooks';
import { CreatePayments1764000015000 } from './1764000015000-create-payments';
import { CreatePurchases1764000016000 } from './1764000016000-create-purchases';
import { CreateAccounting1764000017000 } from './1764000017000-create-accounting';
import { ExpiringCredentials1764000018000 } from './1764000018000-expiring-credentials';

/** Every migration in order. A list instead of a glob: it works in `dist`, under Jest and in a bundle alike. */
export const migrations = [
  Foundation1764000000000,
  CreateTenancy1764000001000,
  CreateLedger1764000002000,
  CreateNotifications1764000003000,
  CreateRedrives1764000005000,
  CreateRotation1764000006000,
  RefuseRetiredKeys1764000007000,
  TenantLife1764000008000,
  CreateFunctions1764000009000,
  CompleteLedger1764000010000,
  CreateQuotas1764000011000,
  CreateDispatchTurn1764000012000,
  CreateWebhooks1764000014000,
  CreatePayments1764000015000,
  CreatePurchases1764000016000,
  CreateAccounting1764000017000,
  ExpiringCredentials1764000018000,
];
