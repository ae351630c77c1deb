import { MasterKey, Seal } from '@forcemint/core/seal/seal';
import { DEFAULT_MIN_TTL_SECONDS, livesLongEnough } from '@forcemint/core/tokens/access-token';
import { openAccessToken } from '@forcemint/core/tokens/token-seals';
import { findMasterKey } from '@forcemint/node/master-key';
import { resolvePaths } from '@forcemint/node/paths';
import { systemRandom } from '@forcemint/node/random';
import { readCurrentToken } from '@forcemint/store/sqlite/read-current-token';
import { parseDuration } from './durations.ts';
import { formatToken, TOKEN_FORMATS, type TokenFormat } from './token-format.ts';

interface Request {
  readonly connection: string;
  readonly format: TokenFormat;
  readonly minTtlSeconds: number;
}

/**
 * What `forcemint token NAME` prints when the store has a token that lives long enough: the one command that runs before every script, made to start like
 * Node itself. `undefined` whenever anything is out of the ordinary; the whole command line then does it, and says what is wrong.
 */
export function storedToken(argv: readonly string[], env: Readonly<NodeJS.ProcessEnv>, nowMs = Date.now()): string | undefined {
  try {
    const request = parse(argv);
    if (request === undefined || env['FORCEMINT_BROKER_URL'] !== undefined) return undefined;
    const paths = resolvePaths(env);
    if (paths.store.is !== 'sqlite') return undefined;
    const current = readCurrentToken({ storePath: paths.store.path, connectionName: request.connection });
    if (current === undefined || !livesLongEnough(current.token.details, request.minTtlSeconds, nowMs)) return undefined;
    const found = findMasterKey(env, paths.masterKeyFile);
    if (found === undefined || found.warnings.length > 0) return undefined;
    const master = new MasterKey(found.key, systemRandom);
    const seal = new Seal(current.storeId, master, current.dataKeys, systemRandom);
    const token = openAccessToken(current.token, current.connection.name, seal);
    return (
      token && formatToken(token, request.format, { source: 'store', apiVersion: current.connection.settings.apiVersion, nowMs })
    );
  } catch {
    // The whole command line meets the same trouble again, and can explain it.
    return undefined;
  }
}

function parse(argv: readonly string[]): Request | undefined {
  const [command, connection, ...flags] = argv;
  if (command !== 'token' || connection === undefined || connection.startsWith('-')) return undefined;
  let format: TokenFormat = 'raw';
  let minTtlSeconds = DEFAULT_MIN_TTL_SECONDS;
  for (let i = 0; i < flags.length; i += 1) {
    const flag = flags[i];
    if (flag === '--json') {
      format = 'json';
      continue;
    }
    i += 1;
    const value = flags[i];
    if (value === undefined) return undefined;
    if (flag === '--format') {
      const known = TOKEN_FORMATS.find((candidate) => candidate === value);
      if (known === undefined) return undefined;
      format = known;
    } else if (flag === '--min-ttl') {
      minTtlSeconds = parseDuration(value, flag);
    } else if (flag !== '--purpose') {
      return undefined;
    }
  }
  return { connection, format, minTtlSeconds };
}
