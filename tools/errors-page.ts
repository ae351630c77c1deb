import {
  CATALOGUE,
  type CatalogueRow,
  CONFIDENCE_IN_WORDS,
  LOGIN_STATUSES,
  RETRY_IN_WORDS,
  type Saying,
  WHO_IN_WORDS,
} from '@forcemint/diagnose';

const FAMILIES: readonly (readonly [letter: string, title: string])[] = [
  ['J', 'Token endpoint: JWT bearer'],
  ['A', 'Token endpoint: authorization code'],
  ['R', 'Token endpoint: refresh token'],
  ['K', 'Token endpoint: client credentials'],
  ['X', 'Token endpoint: token exchange'],
  ['P', 'Token endpoint: username and password'],
  ['D', 'Device flow'],
  ['S', 'Token endpoint: SAML bearer'],
  ['T', 'Any request'],
  ['Z', 'Authorize endpoint and the pages in the browser'],
  ['V', 'Revocation, introspection, userinfo, identity, single access'],
  ['H', 'REST and SOAP'],
];

const INTRODUCTION = `# Errors

What Salesforce refuses with, why, and what to do. \`invalid_grant\` alone stands for more than fifteen unrelated causes: the description decides, and the request that was refused. On the command line:

\`\`\`sh
forcemint why "invalid_grant: user hasn't approved this consumer"
curl -s … | forcemint why --grant refresh-token
forcemint why J1
forcemint why --login-history LoginHistory.csv
\`\`\`

It takes the whole of what you have: a JSON answer, a line of a log, the address that a browser ended at, the text of an error page; in any case, encoded or cut off. What it does not know it says so.

Ids never change their meaning. The [emulator](emulator.md) refuses with each of them when it is told to (\`{"row": "J1"}\`). This page is written from the catalogue, \`packages/diagnose\`
(\`node --conditions=source tools/update-errors-page.ts\`).
`;

/** docs/errors.md, from the data. */
export function errorsPage(): string {
  const contents = FAMILIES.map(([letter, title]) => `| ${letter} | [${title}](#${anchor(title)}) | ${family(letter).length} |`);
  const sections = FAMILIES.flatMap(([letter, title]) => [`## ${title}\n`, ...family(letter).map(section)]);
  return `${[
    INTRODUCTION,
    ['| ids | where | rows |', '|---|---|---|', ...contents].join('\n'),
    '',
    ...sections,
    loginHistory(),
  ].join('\n')}`;
}

function family(letter: string): readonly CatalogueRow[] {
  return CATALOGUE.filter(({ id }) => id.startsWith(letter));
}

function section(row: CatalogueRow): string {
  const { id, title, says, codes, causes, fix, setup, who, retry, confidence, sources } = row;
  return [
    `### ${id} ${title}`,
    '',
    ...(says.length === 0 ? [] : [`${says.map((each) => saying(each, codes)).join(' · ')}`, '']),
    ...list('Why:', causes),
    ...list('What to do:', fix),
    ...(setup.length === 0 ? [] : [`Where: ${[...new Set(setup.map(({ path }) => path))].join('; ')}.`, '']),
    `Who can: ${WHO_IN_WORDS[who]}. Repeating: ${RETRY_IN_WORDS[retry]}. Known: ${CONFIDENCE_IN_WORDS[confidence]} (${sources.join('; ')}).`,
    '',
  ].join('\n');
}

function saying({ code, text }: Saying, codes: readonly string[]): string {
  return `\`${[code ?? codes[0], text].filter((part) => part !== undefined).join(': ')}\``;
}

function list(heading: string, items: readonly string[]): string[] {
  return items.length === 0 ? [] : [heading, '', ...items.map((item, index) => `${index + 1}. ${item}`), ''];
}

function loginHistory(): string {
  const lines = LOGIN_STATUSES.map(
    ({ status, text, rows, meaning }) =>
      `| ${status === undefined ? '' : `\`${status}\``} | ${text} | ${[rows.map((id) => `[${id}](#${anchorOf(id)})`).join(' '), meaning ?? ''].filter(Boolean).join(' ')} |`,
  );
  return [
    '## Login History',
    '',
    'The token endpoint hides what the org itself knows. Setup → Login History shows it for the same attempt, as the event log file does under `LOGIN_STATUS`.',
    '',
    '| status | in Login History | row |',
    '|---|---|---|',
    ...lines,
    '',
  ].join('\n');
}

function anchorOf(id: string): string {
  const row = CATALOGUE.find((each) => each.id === id);
  if (row === undefined) throw new TypeError(`the catalogue has no row ${id}`);
  return anchor(`${row.id} ${row.title}`);
}

/** As the pages of public repositories are linked into. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}
