export { smtp } from './smtp.provider';
export { Smtp, SmtpProviderModule } from './smtp.module';
export { SendMail, Sent } from './smtp.schemas';
