import type { Plan } from '../support/fault-proxy.ts';

/** What became of the request: it never left or may not have, the server did not see it, used the token up, or was answered. */
type Fate = 'unsent' | 'spared' | 'spent' | 'served';

export interface NetworkFault {
  /** Numbers of the faults in the security page's list. */
  readonly numbers: string;
  readonly name: string;
  readonly plan: Plan;
  /** Of a rotating grant's refresh token. */
  readonly fate: Fate;
  /** What a grant that can be repeated without harm fails with; absent where it is served. */
  readonly code?: 'connection_lost' | 'timeout';
  /** How often the server got the request. */
  readonly delivered: number;
  /** The refused second delivery of a grant that does not rotate is none. */
  readonly onlyRotating?: boolean;
}

const BREAKS = ['reset', 'close', 'half-close'] as const;
/** Of an answer of some 700 bytes. */
const IN_HEADERS = 40;
const IN_BODY = 400;

const broken = (when: 'begun' | 'unprocessed' | 'processed', numbers: string, what: string): NetworkFault[] =>
  BREAKS.map((by) => ({
    numbers,
    name: `${by} ${what}`,
    plan: { do: 'break', when, by },
    fate: when === 'processed' ? 'spent' : 'spared',
    code: 'connection_lost',
    delivered: when === 'processed' ? 1 : 0,
  }));

const cut = (atByte: number, what: string): NetworkFault[] =>
  BREAKS.map((by) => ({
    numbers: '19, 20',
    name: `${by} ${what}`,
    plan: { do: 'cut', atByte, by },
    fate: 'spent',
    code: 'connection_lost',
    delivered: 1,
  }));

export const NETWORK_FAULTS: readonly NetworkFault[] = [
  {
    numbers: '14',
    name: 'accepted, then silence',
    plan: { do: 'silence' },
    fate: 'spared',
    code: 'timeout',
    delivered: 0,
  },
  ...broken('begun', '15', 'at the first byte of the request'),
  ...broken('unprocessed', '16', 'when the request was whole, which the server never saw'),
  ...broken('processed', '17', 'when the request was processed, in the place of the answer'),
  {
    numbers: '18',
    name: 'an answer that never comes, though the request was processed',
    plan: { do: 'hold' },
    fate: 'spent',
    code: 'timeout',
    delivered: 1,
  },
  ...cut(IN_HEADERS, 'in the headers of the answer'),
  ...cut(IN_BODY, 'in the body of the answer'),
  {
    numbers: '21',
    name: 'an answer that drips byte by byte, longer than anybody waits',
    plan: { do: 'drip', bytes: 1, everyMs: 20 },
    fate: 'spent',
    code: 'timeout',
    delivered: 1,
  },
  {
    numbers: '21',
    name: 'an answer that drips, and is whole in time',
    plan: { do: 'drip', bytes: 100, everyMs: 2 },
    fate: 'served',
    delivered: 1,
  },
  {
    numbers: '22',
    name: 'a request that is delivered twice at once, the first answer comes through',
    plan: { do: 'deliver-twice', second: 'at-once', answer: 'first' },
    fate: 'served',
    delivered: 2,
  },
];
