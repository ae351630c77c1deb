import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Figure } from './figure.ts';

const USERS = 100_000;
const LANES = 32;
/** Left to itself on a machine with much memory, V8 lets hundreds of megabytes of garbage lie before it collects. */
const HEAP_LIMIT_MB = 350;

/** Resident memory of an emulator's process, full of users, grants and sessions; the client is another process. */
export async function run(): Promise<Figure[]> {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_LIMIT_MB}`,
      '--conditions=source',
      new URL('./emulator-size.child.ts', import.meta.url).pathname,
      String(USERS),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const filled: Filled = JSON.parse((await lines.next()).value ?? '{}');
  const tokens = filled.refreshTokens.values();
  const lane = async (): Promise<void> => {
    for (const token of tokens) await refresh(filled, token);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  child.stdin.end();
  const { residentBytes }: { residentBytes: number } = JSON.parse((await lines.next()).value ?? '{}');
  const detail = `${USERS.toLocaleString('en')} users, each with a rotated refresh token and a living access token; heap limited to ${HEAP_LIMIT_MB} MB`;
  return [{ name: 'emulator: memory', value: Math.round(residentBytes / 1e6), goal: '≤ 500', unit: 'MB', detail }];
}

interface Filled {
  readonly loginUrl: string;
  readonly clientId: string;
  readonly refreshTokens: readonly string[];
}

async function refresh({ loginUrl, clientId }: Filled, refreshToken: string): Promise<void> {
  const body = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId });
  const response = await fetch(`${loginUrl}/services/oauth2/token`, { method: 'POST', body });
  await response.arrayBuffer();
  if (response.status !== 200) throw new Error(`the emulator answered ${response.status}`);
}
