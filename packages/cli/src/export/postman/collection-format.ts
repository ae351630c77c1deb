const SCHEMA = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

/** A value of an authorization, or a field of a form. */
export interface Parameter {
  readonly key: string;
  readonly value: string | boolean;
  readonly type: 'string' | 'boolean' | 'text';
  readonly description?: string;
  readonly disabled?: true;
}

/** The values stand under the name of the type. */
export interface Auth {
  readonly type: 'noauth' | 'basic' | 'bearer' | 'oauth2';
  readonly basic?: readonly Parameter[];
  readonly bearer?: readonly Parameter[];
  readonly oauth2?: readonly Parameter[];
}

interface Script {
  readonly listen: 'prerequest' | 'test';
  readonly script: { readonly type: 'text/javascript'; readonly exec: readonly string[] };
}

/** One request with its scripts. */
export interface Item {
  readonly name: string;
  readonly event: readonly Script[];
  readonly protocolProfileBehavior: { readonly followRedirects: boolean };
  readonly request: {
    readonly description: string;
    readonly method: 'GET' | 'POST';
    readonly url: string;
    readonly auth?: Auth;
    readonly body?: { readonly mode: 'urlencoded'; readonly urlencoded: readonly Parameter[] };
  };
}

export interface Folder {
  readonly name: string;
  readonly item: readonly Item[];
}

/** Postman’s Collection format v2.1.0, as much of it as is used here. */
export interface Collection {
  readonly info: { readonly name: string; readonly description: string; readonly schema: string };
  readonly auth: Auth;
  readonly item: readonly Folder[];
}

/** A request as it is thought of. */
export interface RequestPlan {
  readonly name: string;
  readonly description: string;
  readonly url: string;
  /** Default: that of the collection. */
  readonly auth?: Auth;
  /** Makes it a POST. */
  readonly form?: readonly Parameter[];
  /** Runs before it is sent. */
  readonly before?: string;
  /** Runs on the answer. */
  readonly after: string;
}

/** A request that never follows a redirect: secrets go to the host that was named. */
export function item({ name, description, url, auth, form, before, after }: RequestPlan): Item {
  return {
    name,
    event: [...(before === undefined ? [] : [event('prerequest', before)]), event('test', after)],
    protocolProfileBehavior: { followRedirects: false },
    request: {
      description,
      method: form === undefined ? 'GET' : 'POST',
      url,
      ...(auth !== undefined && { auth }),
      ...(form !== undefined && { body: { mode: 'urlencoded', urlencoded: form } }),
    },
  };
}

/** Fields of a form, by name. */
export function fields(values: Readonly<Record<string, string>>): readonly Parameter[] {
  return Object.entries(values).map(([key, value]) => ({ key, value, type: 'text' }));
}

/** Values of an authorization, by name. */
export function values(of: Readonly<Record<string, string | boolean>>): readonly Parameter[] {
  return Object.entries(of).map(([key, value]) => ({ key, value, type: typeof value === 'boolean' ? 'boolean' : 'string' }));
}

/** A collection whose requests present the access token of the environment, unless they say otherwise. */
export function collection(name: string, description: string, folders: readonly Folder[]): Collection {
  return {
    info: { name, description, schema: SCHEMA },
    auth: { type: 'bearer', bearer: values({ token: '{{_accessToken}}' }) },
    item: folders,
  };
}

function event(listen: Script['listen'], script: string): Script {
  return { listen, script: { type: 'text/javascript', exec: script.trim().split('\n') } };
}
