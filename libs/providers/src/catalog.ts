/** Every provider of this installation: the one list. Adding one is its folder and a line here. */
export { lambda } from './lambda';
export { mqtt } from './mqtt';
export { odoo } from './odoo';
export { smtp } from './smtp';
export { sns } from './sns';
export { sqs } from './sqs';
export { webhooks } from './webhooks';
export { webpay } from './webpay';
