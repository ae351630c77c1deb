/** @throws TypeError */
export function mustBelong(connectionId: string, parts: readonly { readonly connectionId: string }[]): void {
  if (parts.some((part) => part.connectionId !== connectionId)) {
    throw new TypeError('a row or event belongs to another connection');
  }
}

/** @throws TypeError */
export function mustFollow(revision: number, expectedRevision: number): void {
  if (revision !== expectedRevision + 1) {
    throw new TypeError(`a row's revision rises by one with each write: ${expectedRevision} to ${revision}`);
  }
}
