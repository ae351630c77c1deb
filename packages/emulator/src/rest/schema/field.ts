/** A value of a field as JSON carries it; ids have 18 characters, a datetime is `YYYY-MM-DDThh:mm:ss.sss+0000`. */
export type FieldValue = string | number | boolean | null;

/** Salesforce's field types, as far as the emulator's objects have them. */
export type FieldType =
  | 'id'
  | 'string'
  | 'boolean'
  | 'date'
  | 'datetime'
  | 'reference'
  | 'email'
  | 'phone'
  | 'url'
  | 'picklist'
  | 'int'
  | 'double'
  | 'currency'
  | 'textarea';

/** Where a reference leads. */
export interface Reference {
  /** Name of the object. It need not be one that the emulator has. */
  readonly to: string;
  /** How a field path names the way there, such as `Owner`; null when there is none. */
  readonly relationshipName: string | null;
  /** How the other object names the way back, such as `Contacts`. */
  readonly childRelationshipName: string | null;
  /** A deleted parent takes its children along. */
  readonly isCascadeDelete: boolean;
}

/** What describe, queries and saves know of a field. */
export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Characters at most; 0 for what is no text. */
  readonly length: number;
  readonly isNillable: boolean;
  readonly isCreateable: boolean;
  readonly isUpdateable: boolean;
  readonly isDefaultedOnCreate: boolean;
  readonly isNameField: boolean;
  readonly isUnique: boolean;
  /** A value of it names one record, as an id does. */
  readonly isIdLookup: boolean;
  /** Queries can compare it; for long text areas that is not enough. */
  readonly isFilterable: boolean;
  /** Part of a compound field, such as `Name`. */
  readonly compoundFieldName: string | null;
  readonly picklistValues: readonly string[];
  readonly reference: Reference | null;
}

/** `optional` and `required` say what a created record must have; `defaulted` is filled in when it is left out. */
export type Access = 'readOnly' | 'optional' | 'required' | 'defaulted';

export interface FieldOptions {
  /** Default: what Salesforce has for the type. */
  readonly length?: number;
  /** Default `optional`. */
  readonly access?: Access;
  /** Default: false for what is required, defaulted, boolean or an id. */
  readonly isNillable?: boolean;
  readonly isNameField?: boolean;
  readonly isUnique?: boolean;
  /** Default: true for ids, email addresses and what is unique. */
  readonly isIdLookup?: boolean;
  /** Default true. */
  readonly isFilterable?: boolean;
  readonly compoundFieldName?: string;
  readonly picklistValues?: readonly string[];
  readonly reference?: Pick<Reference, 'to'> & Partial<Reference>;
}

const LENGTHS: Readonly<Record<FieldType, number>> = {
  id: 18,
  string: 255,
  boolean: 0,
  date: 0,
  datetime: 0,
  reference: 18,
  email: 80,
  phone: 40,
  url: 255,
  picklist: 255,
  int: 0,
  double: 0,
  currency: 0,
  textarea: 255,
};

export function field(name: string, label: string, type: FieldType, options: FieldOptions = {}): Field {
  const access = options.access ?? 'optional';
  const isFilled = access === 'required' || access === 'defaulted' || type === 'boolean' || type === 'id';
  return {
    name,
    label,
    type,
    length: options.length ?? LENGTHS[type],
    isNillable: options.isNillable ?? !isFilled,
    isCreateable: access !== 'readOnly',
    isUpdateable: access !== 'readOnly',
    isDefaultedOnCreate: access === 'defaulted' || type === 'boolean',
    isNameField: options.isNameField ?? false,
    isUnique: options.isUnique ?? false,
    isIdLookup: options.isIdLookup ?? (type === 'id' || type === 'email' || options.isUnique === true),
    isFilterable: options.isFilterable ?? true,
    compoundFieldName: options.compoundFieldName ?? null,
    picklistValues: options.picklistValues ?? [],
    reference:
      options.reference === undefined
        ? null
        : { relationshipName: null, childRelationshipName: null, isCascadeDelete: false, ...options.reference },
  };
}

/** A field that only Salesforce writes. */
export function systemField(name: string, label: string, type: FieldType, options: FieldOptions = {}): Field {
  return field(name, label, type, { isNillable: false, ...options, access: 'readOnly' });
}
