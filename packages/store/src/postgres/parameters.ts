/** A column of rows that a statement is given: its name, its SQL type, and its value in each row; `undefined` is NULL. */
export type Column<R> = readonly [name: string, type: string, of: (row: R) => unknown];

/** Values of a statement, in the order in which its text names them. */
export class Parameters {
  readonly values: unknown[] = [];

  /** @param type the SQL type that the value is sent as @returns what stands for it in the text */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }

  /** Rows, an array for each column, so that the text is the same for any number of them. @returns the call that stands for them, to follow FROM */
  rows<R>(rows: readonly R[], columns: readonly Column<R>[]): string {
    return `unnest(${columns.map(([, type, of]) => this.add(rows.map(of), `${type}[]`)).join(', ')})`;
  }
}

/** The names of columns, as a list. */
export function names<R>(columns: readonly Column<R>[]): string {
  return columns.map(([name]) => name).join(', ');
}
