import { join } from 'node:path';
import type { EmulatorOptions } from '../config/emulator-options.ts';
import { wallTimeMs } from '../ledger/ledger.ts';
import type { Random } from '../org/opaque-text.ts';
import { checkedCaFilePath, writeCaFile } from './ca-file.ts';
import { type HttpListener, listen } from './http-listener.ts';
import type { HostName } from './http-message.ts';
import { LOOPBACK_NAMES } from './loopback.ts';
import { createTlsCertificates } from './tls-certificates.ts';

/** The two hosts, listening. Disposing closes them. */
export interface Hosts extends AsyncDisposable {
  readonly listeners: readonly HttpListener[];
  readonly origins: Readonly<Record<HostName, string>>;
  /** The same two by the other names of loopback, by which clients may know them. */
  readonly otherOrigins: readonly string[];
  /** What clients must trust; undefined without TLS. */
  readonly caFile: string | undefined;
}

/**
 * Opens both hosts, on TLS with a new CA when the options say so.
 *
 * @param folder where the CA file goes when the options name no place
 * @throws {EmulatorListenError} when a port is taken
 * @throws {EmulatorCaFileError} when the CA file can't be written
 */
export async function openHosts(options: EmulatorOptions, folder: string, random: Random): Promise<Hosts> {
  const { loginPort = 0, hostname = '127.0.0.1' } = options;
  const { myDomainPort = loginPort === 0 ? 0 : loginPort + 1, caFile = join(folder, 'ca.pem') } = options;
  await using opening = new AsyncDisposableStack();
  const open = async (host: HostName, port: number): Promise<HttpListener> => {
    const listener = await listen({ host, port, hostname, tls });
    opening.defer(() => listener.close());
    return listener;
  };
  const caPath = await checkedCaFilePath(caFile);
  // The real clock, not the emulated one: clients hold the certificate against theirs.
  const tls = options.tls === true ? createTlsCertificates(wallTimeMs(), random) : undefined;
  const login = await open('login', loginPort);
  const myDomain = await open('mydomain', myDomainPort);
  // Only now: an emulator that has these ports already may have its own CA certificate at the same place.
  const written = tls === undefined ? undefined : await writeCaFile(caPath, tls.caCertificate);
  opening.move();
  const others = LOOPBACK_NAMES.filter((name) => name !== hostname);
  return {
    listeners: [login, myDomain],
    origins: { login: login.origin, mydomain: myDomain.origin },
    otherOrigins: others.flatMap((name) => [login.origin, myDomain.origin].map((origin) => origin.replace(hostname, name))),
    caFile: tls === undefined ? undefined : caPath,
    async [Symbol.asyncDispose]() {
      await Promise.all([login.close(), myDomain.close()]);
      written?.[Symbol.dispose]();
    },
  };
}
