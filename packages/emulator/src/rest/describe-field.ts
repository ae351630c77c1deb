import type { Field, FieldType } from './schema/field.ts';

const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  string: 'xsd:string',
  email: 'xsd:string',
  phone: 'xsd:string',
  url: 'xsd:string',
  picklist: 'xsd:string',
  textarea: 'xsd:string',
};

/** Types whose values can't be counted or grouped. */
const NOT_GROUPED: ReadonlySet<FieldType> = new Set(['datetime', 'double', 'currency', 'textarea']);

/** A long text area is stored elsewhere: it is neither filtered nor sorted. */
const LONG_TEXT_LENGTH = 4_000;

/** One of the `fields` of an object's describe. */
export function describeField(field: Field, isCustomizable: boolean): Readonly<Record<string, unknown>> {
  const { type } = field;
  const isId = type === 'id' || type === 'reference';
  const isLongText = type === 'textarea' && field.length > LONG_TEXT_LENGTH;
  const isNumber = type === 'double' || type === 'currency';
  return {
    aggregatable: type !== 'boolean' && !isLongText,
    aiPredictionField: false,
    autoNumber: false,
    byteLength: isId ? 18 : field.length * 3,
    calculated: false,
    calculatedFormula: null,
    cascadeDelete: field.reference?.isCascadeDelete ?? false,
    caseSensitive: false,
    compoundFieldName: field.compoundFieldName,
    controllerName: null,
    createable: field.isCreateable,
    custom: false,
    defaultValue: type === 'boolean' ? false : null,
    defaultValueFormula: null,
    defaultedOnCreate: field.isDefaultedOnCreate || (!field.isCreateable && !field.isNillable),
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: type === 'int' ? 8 : 0,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: false,
    extraTypeInfo: type === 'textarea' ? 'plaintextarea' : null,
    filterable: field.isFilterable && !isLongText,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: !NOT_GROUPED.has(type),
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.isIdLookup,
    inlineHelpText: null,
    label: field.label,
    length: field.length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.isNameField,
    namePointing: false,
    nillable: field.isNillable,
    permissionable: isCustomizable && field.isCreateable && field.isNillable,
    picklistValues: field.picklistValues.map((value) => ({
      active: true,
      defaultValue: false,
      label: value,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: false,
    precision: isNumber ? 18 : 0,
    queryByDistance: false,
    referenceTargetField: null,
    referenceTo: field.reference === null ? [] : [field.reference.to],
    relationshipName: field.reference?.relationshipName ?? null,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: false,
    scale: 0,
    searchPrefilterable: type === 'reference',
    soapType: SOAP_TYPES[type],
    sortable: !isLongText,
    type,
    unique: field.isUnique,
    updateable: field.isUpdateable,
    writeRequiresMasterRead: false,
  };
}
