import type { OrgRecord } from './org-record.ts';

/** Finds the records whose reference field leads to a given record. */
export class ReferenceIndex {
  readonly fieldName: string;
  readonly #idsByTarget = new Map<string, Set<string>>();

  constructor(fieldName: string) {
    this.fieldName = fieldName;
  }

  add(record: OrgRecord): void {
    const target = record.get(this.fieldName);
    if (typeof target !== 'string') return;
    const ids = this.#idsByTarget.get(target);
    if (ids === undefined) this.#idsByTarget.set(target, new Set([record.id]));
    else ids.add(record.id);
  }

  remove(record: OrgRecord): void {
    const target = record.get(this.fieldName);
    if (typeof target !== 'string') return;
    const ids = this.#idsByTarget.get(target);
    ids?.delete(record.id);
    if (ids?.size === 0) this.#idsByTarget.delete(target);
  }

  ids(target: string): readonly string[] {
    return [...(this.#idsByTarget.get(target) ?? [])];
  }
}
