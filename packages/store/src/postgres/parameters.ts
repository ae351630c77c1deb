/** Values of a statement, in the order in which its text names them. */
export class Parameters {
  readonly values: unknown[] = [];

  /** @param type the SQL type that the value is sent as @returns what stands for it in the text */
  add(value: unknown, type: string): string {
    this.values.push(value);
    return `$${this.values.length}::${type}`;
  }
}
