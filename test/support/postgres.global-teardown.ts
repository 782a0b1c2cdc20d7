import { takeTestServer } from './test-server';

export default async function stopTestServer(): Promise<void> {
  await takeTestServer()?.stop();
}
