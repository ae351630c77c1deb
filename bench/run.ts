import { run as cachedToken } from './cached-token.ts';
import { run as coldGetToken, runOnPostgres as coldGetTokenOnPostgres } from './cold-get-token.ts';
import { run as emulatorSize } from './emulator-size.ts';
import { run as emulatorStart } from './emulator-start.ts';
import { run as emulatorThroughput } from './emulator-throughput.ts';
import { run as exchangeMemory } from './exchange-memory.ts';
import type { Figure } from './figure.ts';
import { run as herd } from './herd.ts';
import { run as idleReplicas } from './idle-replicas.ts';
import { run as importList, runOnPostgres as importListOnPostgres } from './import.ts';
import { run as jwtExchanges } from './jwt-exchanges.ts';
import { run as postgresRotations } from './postgres-rotations.ts';
import { run as rotateKey, runOnPostgres as rotateKeyOnPostgres } from './rotate-key.ts';
import { run as rotations } from './rotations.ts';
import { run as setupDoctor } from './setup-doctor.ts';
import { run as tokenCommand } from './token-command.ts';

const BENCHES: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  'token-command': tokenCommand,
  'setup-doctor': setupDoctor,
  'cached-token': cachedToken,
  'cold-get-token': coldGetToken,
  'jwt-exchanges': jwtExchanges,
  herd,
  rotations,
  'rotate-key': rotateKey,
  'postgres-rotate-key': rotateKeyOnPostgres,
  import: importList,
  'postgres-import': importListOnPostgres,
  'exchange-memory': exchangeMemory,
  'postgres-rotations': postgresRotations,
  'postgres-cold-get-token': coldGetTokenOnPostgres,
  'idle-replicas': idleReplicas,
  'emulator-start': emulatorStart,
  'emulator-throughput': emulatorThroughput,
  'emulator-size': emulatorSize,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => BENCHES[name] === undefined);
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
for (const [name, run] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const figure of await run()) console.log(line(figure));
}

function line({ name, value, goal, unit, detail }: Figure): string {
  const shown = value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(2);
  return `${name.padEnd(36)} ${`${shown} ${unit}`.padStart(16)}   goal ${goal.padEnd(14)} ${detail}`;
}
