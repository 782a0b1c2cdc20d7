import { sandboxFacts } from './sandbox';
import { bodyOf } from './sandbox-client';
import type { SandboxFacts } from './sandbox-process';
import type { SandboxTenant } from './sandbox-tenant';

/** Public: of Transbank's integration environment. https://www.transbankdevelopers.cl/documentacion/como_empezar#ambiente-de-integracion */
const API_KEY = '579B532A7440BB0C9079DED94D31EA1615BACEB56610332264630D42D0A36B1C';

/** Gives a tenant of the sandbox a verified Webpay account with the stand-in. */
export async function takesPayments(
  tenant: Pick<SandboxTenant, 'admin'>,
  { sandboxUrl }: Pick<SandboxFacts, 'sandboxUrl'> = sandboxFacts(),
): Promise<void> {
  const config = {
    commerceCode: '597055555532',
    environment: 'integration',
    host: `${sandboxUrl}/webpay`,
  };
  bodyOf(await tenant.admin.put('/v1/integrations/webpay', { secrets: { apiKey: API_KEY }, config }));
}
