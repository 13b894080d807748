/**
 * By which address other machines reach this one, unless somebody says so.
 */

/** The first address of version 4 that is not this machine's own alone; `127.0.0.1` where there is none. */
export function localAddress(): string {
  const { networkInterfaces } = process.getBuiltinModule('node:os');
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? [])
      if (family === 'IPv4' && !internal) return address;
  }
  return '127.0.0.1';
}
