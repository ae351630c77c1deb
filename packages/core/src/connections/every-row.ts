import type { StoredRow, TokenStore } from '../ports.ts';

const PAGE = 256;

/** Every row of the store, a page at a time. @throws StoreError */
export async function* everyRow(store: Pick<TokenStore, 'pageRows'>): AsyncGenerator<StoredRow> {
  let after: string | undefined;
  for (;;) {
    const page = await store.pageRows(after, PAGE);
    yield* page;
    if (page.length < PAGE) return;
    after = page.at(-1)?.token.connectionId;
  }
}
