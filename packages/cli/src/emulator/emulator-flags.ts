import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '@forcemint/core';
import type { EmulatorConfig, EmulatorOptions } from '@forcemint/emulator';
import { isRecord, parseJson } from '../import/invalid-import.ts';
import { UsageError } from '../usage-error.ts';

/** The flags of `forcemint emulator` that say what to start. */
export interface EmulatorFlags {
  readonly port?: string;
  readonly hostname?: string;
  readonly tls?: boolean;
  readonly caFile?: string;
  readonly config?: string;
  readonly metadata?: string;
  readonly switch?: readonly string[];
}

/** Of apps, in source format. */
const METADATA_FILE = /\.(?:connectedApp|eca[A-Za-z]*)-meta\.xml$/;

/** Names that an error may show of a configuration that is no JSON. */
const KNOWN_NAMES = new Set(['$schema', 'org', 'users', 'apps', 'accounts', 'audiences', 'switches', 'ledgerLimit']);

/** @throws UsageError naming the flag */
export async function readOptions(flags: EmulatorFlags): Promise<EmulatorOptions> {
  const { hostname, caFile } = flags;
  if (hostname !== undefined && hostname !== '127.0.0.1' && hostname !== 'localhost') {
    throw new UsageError(`The emulator cannot be called ${JSON.stringify(hostname.slice(0, 80))}.`, {
      why: 'It listens on this machine only.',
      fix: ['--hostname localhost, or --hostname 127.0.0.1'],
    });
  }
  if (caFile !== undefined && flags.tls !== true) {
    throw new UsageError('--ca-file needs --tls.', {
      why: 'Without TLS there is no certificate to trust.',
      fix: ['--tls --ca-file FILE'],
    });
  }
  if (caFile === '') throw new UsageError('--ca-file needs the name of a file.', { fix: ['--tls --ca-file emulator-ca.pem'] });
  const own = flags.config === undefined ? {} : await readConfig(flags.config);
  const config = flags.metadata === undefined ? own : await withMetadata(own, flags.metadata);
  return {
    loginPort: portOf(flags.port),
    ...(hostname === undefined ? {} : { hostname }),
    ...(flags.tls === true ? { tls: true } : {}),
    ...(caFile === undefined ? {} : { caFile }),
    // The emulator checks its shape and names what is wrong.
    config: withSwitches(config, flags.switch ?? []) as EmulatorConfig,
  };
}

async function readConfig(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new UsageError(`The file ${path} cannot be read.`, { fix: ['--config FILE, in JSON'] });
  });
  try {
    return parseJson(text, path, KNOWN_NAMES);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { cause: why, fix } = error.diagnosis ?? {};
    throw new UsageError(error.message, { ...(why === undefined ? {} : { why }), ...(fix === undefined ? {} : { fix }) });
  }
}

/** The configuration with the apps of a folder of metadata; those of the same name win. What has no place for them is left to be refused. */
async function withMetadata(config: unknown, folder: string): Promise<unknown> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => {
    throw new UsageError(`The folder ${folder} cannot be read.`, { fix: ['--metadata FOLDER, such as force-app'] });
  });
  const paths = entries
    .filter((entry) => entry.isFile() && METADATA_FILE.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  const files = await Promise.all(paths.map(async (path) => ({ path, content: await readFile(path, 'utf8') })));
  const { appsFromMetadata } = await import('@forcemint/emulator');
  let apps: ReturnType<typeof appsFromMetadata>;
  try {
    apps = appsFromMetadata(files);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(`The metadata cannot be used: ${error.message}.`);
  }
  if (Object.keys(apps).length === 0) {
    throw new UsageError(`There is no app in ${folder}.`, {
      fix: ['It has to hold *.connectedApp-meta.xml, or *.ecaGlblOauth-meta.xml and the other files of an external client app.'],
    });
  }
  return isRecord(config) ? { ...config, apps: { ...(isRecord(config.apps) ? config.apps : {}), ...apps } } : config;
}

function portOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : -1;
  if (port >= 0 && port <= 65_534) return port;
  throw new UsageError(`${JSON.stringify(text.slice(0, 40))} is no port for --port.`, {
    why: port === 65_535 ? 'My Domain needs the next port, and 65535 is the last.' : 'A port is a number from 0 to 65534.',
    fix: ['--port 8080: the login host there, My Domain on 8081'],
  });
}

/** The configuration with the switches of the command line, which win. What has no place for them is left to be refused. */
function withSwitches(config: unknown, pairs: readonly string[]): unknown {
  const switches = pairs.map(parseSwitch);
  const before = isRecord(config) ? (config.switches ?? {}) : undefined;
  if (switches.length === 0 || !isRecord(config) || !isRecord(before)) return config;
  return { ...config, switches: { ...before, ...Object.fromEntries(switches) } };
}

function parseSwitch(pair: string): readonly [name: string, value: boolean | number | string] {
  const [, name, text] = /^([A-Za-z]+)=(.+)$/.exec(pair) ?? [];
  if (name === undefined || text === undefined) {
    throw new UsageError(`--switch needs NAME=VALUE, not ${JSON.stringify(pair.slice(0, 80))}.`, {
      fix: ['--switch loginLimitPerHour=3600', 'Names and values: forcemint emulator --print-schema'],
    });
  }
  if (text === 'true' || text === 'false') return [name, text === 'true'];
  return [name, /^-?[0-9]{1,15}$/.test(text) ? Number(text) : text];
}
