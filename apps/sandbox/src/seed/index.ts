export {
  ACCOUNTING_QUEUE_NAME,
  CUSTOMER_QUEUE_NAME,
  DEMO_QUEUE,
  DEMO_TENANT_ID,
  demoQueueUrl,
  SANDBOX_ENV,
} from './demo-names';
export { createDemoResources, createDispatchQueue } from './demo-resources';
export { type SandboxFacts, writeSandboxFile } from './sandbox-facts';
export { seedDemo } from './seed-demo';
