const OLDEST = 50;
const LATEST = 67;
const SEASONS = ['Spring', 'Summer', 'Winter'];

/** The newest REST API version that the emulator lists. */
export const LATEST_API_VERSION = `${LATEST}.0`;

/** `GET /services/data`: three releases a year, Winter '26 being 65.0. */
export function listVersions(): readonly Readonly<Record<string, string>>[] {
  return Array.from({ length: LATEST - OLDEST + 1 }, (_, index) => {
    const number = OLDEST + index;
    const year = 26 + Math.floor((number - 65) / 3);
    return {
      label: `${SEASONS[number % 3]} '${year}`,
      url: `/services/data/v${number}.0`,
      version: `${number}.0`,
    };
  });
}

export function isListedVersion(version: string): boolean {
  const number = /^(\d{2})\.0$/.exec(version)?.[1];
  return number !== undefined && Number(number) >= OLDEST && Number(number) <= LATEST;
}

/** `GET /services/data/vNN.0`: what there is below. */
export function listResources(base: string, identityUrl: string): Readonly<Record<string, string>> {
  return {
    identity: identityUrl,
    ...urlsBelow(base, ['tooling', 'composite', 'sobjects', 'query', 'queryAll', 'recent', 'limits']),
  };
}

/** `GET /services/data/vNN.0/composite`. */
export function listCompositeResources(base: string): Readonly<Record<string, string>> {
  return urlsBelow(`${base}/composite`, ['sobjects']);
}

/** `GET /services/data/vNN.0/tooling`. */
export function listToolingResources(base: string): Readonly<Record<string, string>> {
  return urlsBelow(base, ['query', 'sobjects']);
}

function urlsBelow(base: string, names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(names.map((name) => [name, `${base}/${name}`]));
}
