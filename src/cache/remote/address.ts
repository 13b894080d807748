/**
 * Where a server is, without secrets in what is told of it.
 */

/** Where a server is: one of both. */
export interface ServerAddress {
  /** The URL of the server. A password in it stays in this process. */
  readonly url?: string;
  /** The environment variable that holds the URL, so that every process that opens the cache finds it there. */
  readonly variable?: string;
}

/**
 * The URL of a server.
 *
 * @throws {TypeError} If there is none.
 */
export function urlFor({ url, variable }: ServerAddress, verb: string): string {
  if ((url === undefined) === (variable === undefined)) {
    throw new TypeError(`Cannot ${verb} as it needs one of the options 'url' and 'variable'`);
  }
  const found = url ?? process.env[variable ?? ''];
  if (typeof found === 'string' && found !== '') return found;
  throw new TypeError(
    variable === undefined
      ? `Cannot ${verb} as 'url' must be a URL: received ${typeof url}`
      : `Cannot ${verb} as the environment variable '${variable}' is not set`,
  );
}

/** What is told of a server, in messages and to other processes. */
export interface ToldAddress {
  readonly name: string;
  readonly descriptor: ServerAddress;
}

/** Gives what may be told: the URL without its password and its parameters, which may hold one. */
export function addressOf({ variable }: ServerAddress, url: string): ToldAddress {
  const bare = withoutSecrets(url);
  return { name: bare, descriptor: variable === undefined ? { url: bare } : { variable } };
}

function withoutSecrets(url: string): string {
  if (!URL.canParse(url)) return 'a server';
  const parsed = new URL(url);
  parsed.password = '';
  const host = parsed.searchParams.get('host');
  parsed.search = '';
  // The folder of a socket, where there is no other way to the server.
  if (host !== null) parsed.searchParams.set('host', host);
  return parsed.href;
}
