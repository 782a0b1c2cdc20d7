/** What everybody sends and stores: about 300 bytes as JSON. */
export const MESSAGE = { to: 'customer-4711', text: 'x'.repeat(260) } as const;
