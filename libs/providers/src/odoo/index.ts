export { decimalText, ExactDecimal, exactDecimal, InexactNumberError, parseExact, stringifyExact } from './exact-json';
export { Odoo, OdooProviderModule } from './odoo.module';
export { odoo } from './odoo.provider';
export {
  type AllowedCall,
  Call,
  CallOnce,
  DEFAULT_ALLOWED,
  DEFAULT_MODULE,
  Load,
  Loaded,
  OdooConfig,
  OdooSecrets,
  Records,
  Result,
  ResultOnce,
  SearchRead,
} from './odoo.schemas';
