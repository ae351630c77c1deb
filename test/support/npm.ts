import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** npm can't reach what it should fetch, or there is no npm: nothing that a test can judge. */
export class PackageUnavailableError extends Error {
  readonly code = 'ERR_PACKAGE_UNAVAILABLE';

  constructor(reason: string) {
    super(reason);
    this.name = 'PackageUnavailableError';
  }
}

/** npm's codes for a registry that is away, forbids it, or has not got it. */
const AWAY =
  /^(ENOTFOUND|EAI_AGAIN|ECONN\w+|E?TIMEDOUT|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ENETDOWN|EPIPE|EPROTO|ERR_SOCKET_TIMEOUT|EIDLETIMEOUT|FETCH_ERROR|ENOTCACHED|ENEEDAUTH|ETARGET|E[45]\d\d|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_\w+)$/;

/** No script of anybody's is run, and a registry that is away is given up within seconds. */
const ALWAYS = ['--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1', '--fetch-retry-mintimeout=1000'];

/**
 * Runs npm in `cwd`. The npm that runs this script is taken, or else the first on PATH.
 *
 * @throws {PackageUnavailableError} when there is no npm, or it can't fetch something
 */
export async function npm(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const own = env.npm_execpath ?? '';
  const [command, first] = own.endsWith('npm-cli.js') ? [process.execPath, [own]] : ['npm', []];
  const child = spawn(command, [...first, ...args, ...ALWAYS], { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let exitCode: number | null;
  try {
    [exitCode] = await once(child, 'close');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      throw new PackageUnavailableError('there is no npm');
    throw error;
  }
  if (exitCode === 0) return;
  const code = /^npm (?:error|ERR!) code (\S+)/m.exec(errors)?.[1] ?? '';
  if (AWAY.test(code)) throw new PackageUnavailableError(`npm can't fetch it (${code})`);
  throw new Error(`npm ${args[0]} ended with ${exitCode}:\n${errors}`);
}
