import type { Random } from '../org/opaque-text.ts';
import { LOOPBACK_NAMES, type LoopbackName } from '../server/loopback.ts';
import type { EmulatorConfig } from './config.ts';
import { type Check, hasShape, isBoolean, isInteger, isOneOf, isText } from './validation.ts';

export interface EmulatorOptions {
  /** Default 0: any free port. */
  readonly loginPort?: number;
  /** Default: the port after `loginPort`, or any free one. */
  readonly myDomainPort?: number;
  /** The host in all origins. With `localhost` the emulator listens on ::1 as well, where there is IPv6. Default `127.0.0.1`. */
  readonly hostname?: LoopbackName;
  /** Both hosts speak HTTPS, with a certificate of a CA that is made at start. Default false. */
  readonly tls?: boolean;
  /** With `tls`: where the CA certificate goes, for clients that must be pointed to it before the start. Default: a temporary file. */
  readonly caFile?: string;
  readonly config?: EmulatorConfig;
  /** Epoch milliseconds. Default `Date.now`; `advanceClock` adds to it. */
  readonly clock?: () => number;
  readonly random?: Random;
}

const isPort = isInteger(0, 65_535);
const isFunction: Check = (value, place) => {
  if (typeof value !== 'function') throw new TypeError(`${place}: expected a function, found ${typeof value}`);
};
/** It has a validation of its own. */
const isAnything: Check = () => undefined;

const OPTIONS_SHAPE: Readonly<Record<keyof EmulatorOptions, Check>> = {
  loginPort: isPort,
  myDomainPort: isPort,
  hostname: isOneOf(LOOPBACK_NAMES),
  tls: isBoolean,
  caFile: isText,
  config: isAnything,
  clock: isFunction,
  random: isFunction,
};

/** Throws a `TypeError` that names the first wrong option, such as `options.loginPort`. */
export function validateOptions(options: EmulatorOptions): void {
  hasShape(OPTIONS_SHAPE)(options, 'options');
  if (options.caFile !== undefined && options.tls !== true) {
    throw new TypeError('options.caFile: without tls there is no CA certificate to write; add tls: true');
  }
  if (options.loginPort === 65_535 && options.myDomainPort === undefined) {
    throw new TypeError(
      'options.loginPort: expected an integer from 0 to 65534, since My Domain takes the next port, found 65535',
    );
  }
}
