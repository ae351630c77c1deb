import type { Field } from './field.ts';

export interface SObjectDefinition {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  /** Records can be created, updated and deleted through the API. */
  readonly isChangeable: boolean;
  /** The Tooling API has the object as well. */
  readonly isInTooling: boolean;
  /** `Id` first. */
  readonly fields: readonly Field[];
}

/** An object of the org: what it is called, what its records consist of. Names are found whatever their case. */
export class SObject {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  readonly keyPrefix: string;
  readonly isChangeable: boolean;
  readonly isInTooling: boolean;
  readonly fields: readonly Field[];
  /** Names the record to people; `Name` or a field that takes its place. */
  readonly nameField: Field | undefined;
  readonly #fieldsByName: ReadonlyMap<string, Field>;
  readonly #relationships: ReadonlyMap<string, Field>;

  constructor(definition: SObjectDefinition) {
    this.name = definition.name;
    this.label = definition.label;
    this.labelPlural = definition.labelPlural;
    this.keyPrefix = definition.keyPrefix;
    this.isChangeable = definition.isChangeable;
    this.isInTooling = definition.isInTooling;
    this.fields = definition.fields;
    this.nameField = definition.fields.find(({ isNameField }) => isNameField);
    this.#fieldsByName = new Map(definition.fields.map((field) => [field.name.toLowerCase(), field]));
    this.#relationships = new Map(
      definition.fields.flatMap((field) => {
        const name = field.reference?.relationshipName ?? null;
        return name === null ? [] : [[name.toLowerCase(), field] as const];
      }),
    );
  }

  field(name: string): Field | undefined {
    return this.#fieldsByName.get(name.toLowerCase());
  }

  /** The reference field that the relationship, such as `Owner`, stands for. */
  relationship(name: string): Field | undefined {
    return this.#relationships.get(name.toLowerCase());
  }
}
