import { XMLBuilder } from 'fast-xml-parser';

/** What an element holds. A list repeats the element; `undefined` leaves it out. */
type ElementContent = string | number | boolean | undefined | readonly string[] | readonly Elements[] | Elements;

/** Elements by name. */
export interface Elements {
  readonly [name: string]: ElementContent;
}

const NAMESPACE = 'http://soap.sforce.com/2006/04/metadata';

const builder = new XMLBuilder({ format: true, indentBy: '    ', ignoreAttributes: false, attributeNamePrefix: '@' });

/**
 * A file of the Metadata API. Elements stand in the order of the alphabet, as in files that Salesforce writes: those that it meets too late it leaves out
 * without a word.
 */
export function metadataXml(root: string, elements: Elements): string {
  return builder.build({
    '?xml': { '@version': '1.0', '@encoding': 'UTF-8' },
    [root]: { '@xmlns': NAMESPACE, ...inOrder(elements) },
  });
}

function inOrder(elements: Elements): Elements {
  const names = Object.keys(elements).toSorted();
  return Object.fromEntries(
    names.flatMap((name) => (elements[name] === undefined ? [] : [[name, contentInOrder(elements[name])]])),
  );
}

function contentInOrder(content: ElementContent): ElementContent {
  if (typeof content !== 'object') return content;
  return isElements(content) ? inOrder(content) : content;
}

function isElements(content: object): content is Elements {
  return !Array.isArray(content);
}
