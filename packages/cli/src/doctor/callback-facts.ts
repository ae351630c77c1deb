import { ConfigurationError } from '@forcemint/core';
import type { CallbackFacts } from '@forcemint/diagnose';
import { startLoginListener } from '@forcemint/node/login-listener';

/** Whether a login could listen at each of these URLs now: it does so for a moment, and takes no callback. */
export async function callbackFacts(urls: readonly string[]): Promise<readonly CallbackFacts[]> {
  const facts: CallbackFacts[] = [];
  for (const url of urls) facts.push({ url, ...(await listened(url)) });
  return facts;
}

async function listened(url: string): Promise<Pick<CallbackFacts, 'port' | 'why'>> {
  const { protocol, hostname } = new URL(url);
  if (protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return { port: 'remote' };
  try {
    const listener = await startLoginListener({ redirectUri: url, expectedState: 'nobody knows it', lingerMs: 0 });
    await listener.close();
    return { port: 'free' };
  } catch (error) {
    if (error instanceof ConfigurationError) return { port: 'busy', why: error.message.replace(/\.$/, '') };
    throw error;
  }
}
