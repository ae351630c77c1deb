const OLDEST_NODE = 24;

/**
 * Says it before an older Node fails somewhere in between.
 *
 * @param version such as `process.versions.node`
 * @throws {Error} when that is older than 24
 */
export function requireNode(version: string): void {
  if (Number.parseInt(version, 10) >= OLDEST_NODE) return;
  throw new Error(`@forcemint/emulator needs Node ${OLDEST_NODE} or newer; this is ${version}`);
}
