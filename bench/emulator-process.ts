import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { EmulatorConfig, ReadyLine } from '@forcemint/emulator';

/** An emulator in a process of its own, so that client and server do not share a thread. */
export interface EmulatorProcess extends AsyncDisposable {
  readonly ready: ReadyLine;
}

export async function startEmulator(config: EmulatorConfig = {}): Promise<EmulatorProcess> {
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=source', fileURLToPath(new URL('./emulator.child.ts', import.meta.url)), JSON.stringify(config)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  if (child.stdout === null) throw new TypeError('no pipe');
  const lines = createInterface(child.stdout);
  const [line] = await once(lines, 'line');
  return {
    ready: JSON.parse(String(line)),
    async [Symbol.asyncDispose]() {
      child.stdin?.end();
      await once(child, 'exit');
    },
  };
}
