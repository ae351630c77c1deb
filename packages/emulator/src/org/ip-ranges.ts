import { BlockList, isIP, SocketAddress } from 'node:net';
import type { EmulatorRequest } from '../server/http-message.ts';

/** Addresses from `start` to `end`, both included; IPv4 or IPv6, the same kind in both. */
export interface IpRange {
  readonly start: string;
  readonly end: string;
}

const FAMILIES: Readonly<Record<number, 'ipv4' | 'ipv6'>> = { 4: 'ipv4', 6: 'ipv6' };

/**
 * The ranges in a form that can be asked; undefined when there are none, which means no restriction.
 *
 * @throws {TypeError} when an address is none, or a range ends before it starts
 */
export function readIpRanges(ranges: readonly IpRange[] | undefined): BlockList | undefined {
  if (ranges === undefined || ranges.length === 0) return undefined;
  const list = new BlockList();
  for (const { start, end } of ranges) {
    const family = FAMILIES[isIP(start)];
    if (family === undefined || isIP(start) !== isIP(end)) throw new TypeError(`${start} to ${end} is no range of addresses`);
    try {
      list.addRange(new SocketAddress({ address: start, family }), new SocketAddress({ address: end, family }));
    } catch {
      throw new TypeError(`${start} to ${end} is no range of addresses: it ends before it starts`);
    }
  }
  return list;
}

/** Throws a `TypeError` that names the first wrong range. */
export function requireIpRanges(ranges: readonly IpRange[] | undefined, place: string): void {
  for (const [index, range] of (ranges ?? []).entries()) {
    try {
      readIpRanges([range]);
    } catch (error) {
      throw new TypeError(`${place}[${index}]: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** True when there is no restriction or the address lies in one of the ranges. */
export function isWithin(ranges: BlockList | undefined, address: string): boolean {
  if (ranges === undefined) return true;
  const family = FAMILIES[isIP(address)];
  return family !== undefined && ranges.check(address, family);
}

/**
 * Where a request says it comes from: the first address of `X-Forwarded-For`, else the socket's. The header is believed
 * because everybody who can reach the emulator is on this machine and plays somebody else.
 */
export function clientAddress(request: Pick<EmulatorRequest, 'headers' | 'remoteAddress'>): string {
  const forwarded =
    String(request.headers['x-forwarded-for'] ?? '')
      .split(',')[0]
      ?.trim() ?? '';
  const address = isIP(forwarded) === 0 ? request.remoteAddress : forwarded;
  return address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
}
