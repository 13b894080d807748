/**
 * Decides who may see a dashboard.
 *
 * - **Token:** whoever opens the address that was printed gets a cookie that scripts cannot read; programs send the token as
 *   `Authorization: Bearer`. Tokens are compared in a time that tells nothing.
 * - **Host:** names must be `localhost` or one that was given, so that no page makes a name of its own point here (DNS
 *   rebinding). An address in numbers cannot be made to.
 * - **Origin:** what other pages ask for is refused, also pages of other ports, whose cookies are the same.
 * - **Reading only:** nothing but `GET` and `HEAD` is understood.
 */

/** Whom to let in. */
export interface GuardOptions {
  /** `undefined` lets in everybody who passes the other checks. */
  readonly token: string | undefined;
  /** Names by which it may be asked; `undefined` for all. */
  readonly hosts: readonly string[] | undefined;
  /** The name of the cookie. */
  readonly cookie: string;
}

/** What is to be done with a request. */
export type Verdict =
  | { readonly is: 'allowed' }
  /** The address held the token: a cookie is to be set, and the address without it opened. */
  | { readonly is: 'entering'; readonly setCookie: string }
  | { readonly is: 'refused'; readonly status: 401 | 403 | 405; readonly reason: string };

/** Judges a request. `path` is where the dashboard lies, for the cookie: `/`, `/heddle/`. */
export function judge(request: Request, path: string, { token, hosts, cookie }: GuardOptions): Verdict {
  const { method, headers } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return { is: 'refused', status: 405, reason: 'The dashboard only shows: use GET' };
  const host = headers.get('host') ?? new URL(request.url).host;
  if (hosts !== undefined && !isGoodHost(host, hosts))
    return {
      is: 'refused',
      status: 403,
      reason: `The dashboard is not to be asked by this name: add it to 'hosts' of openDashboard if it is yours`,
    };
  if (!isFromHere(headers, host))
    return { is: 'refused', status: 403, reason: 'The dashboard does not answer to other pages' };
  if (token === undefined) return { is: 'allowed' };
  const given = new URL(request.url).searchParams.get('token');
  if (given !== null && isSame(given, token)) {
    const secure = new URL(request.url).protocol === 'https:' ? '; Secure' : '';
    return {
      is: 'entering',
      setCookie: `${cookie}=${token}; Path=${path}; HttpOnly; SameSite=Lax${secure}`,
    };
  }
  const bearer = /^Bearer (.+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const kept = cookieOf(headers, cookie);
  if ([bearer, kept].some((one) => one !== undefined && isSame(one, token))) return { is: 'allowed' };
  return {
    is: 'refused',
    status: 401,
    reason: 'Open the address that the program has printed: it holds a token',
  };
}

function isGoodHost(host: string, hosts: readonly string[]): boolean {
  const name = /^(\[[\da-f:.]+\]|[^:[\]]+)(?::\d+)?$/i.exec(host)?.[1]?.toLowerCase();
  if (name === undefined) return false;
  const { isIP } = process.getBuiltinModule('node:net');
  return (
    name === 'localhost' ||
    isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
    hosts.some((one) => one.toLowerCase() === name)
  );
}

function isFromHere(headers: Headers, host: string): boolean {
  const origin = headers.get('origin');
  if (origin !== null && (!URL.canParse(origin) || new URL(origin).host !== host)) return false;
  const site = headers.get('sec-fetch-site') ?? 'none';
  if (site === 'none' || site === 'same-origin') return true;
  // A link to the dashboard may stand anywhere; what it leads to is shown to the user alone.
  return headers.get('sec-fetch-mode') === 'navigate' && headers.get('sec-fetch-dest') === 'document';
}

function cookieOf(headers: Headers, name: string): string | undefined {
  for (const part of headers.get('cookie')?.split(';') ?? []) {
    const [key, value] = part.trim().split('=');
    if (key === name) return value;
  }
  return undefined;
}

/** By digests, which are of one length. */
function isSame(given: string, token: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule('node:crypto');
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(token));
}
