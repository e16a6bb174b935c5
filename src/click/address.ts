import express from 'express';
import type { FrontRequest } from '../web/front-lane.js';
import { trustProxyOf } from '../web/server.js';

type Trust = (address: string, hop: number) => boolean;

/**
 * The visitor's address and host by the rules of TRUST_PROXY: Express compiles the setting (proxy-addr), and
 * `X-Forwarded-For` is followed from the nearest proxy outwards for as long as each is trusted.
 * @param trustProxy Express's setting as text; undefined: nobody is trusted
 */
export function createAddressReader(trustProxy: string | undefined) {
  const trusted = trustProxyOf(trustProxy) !== false;
  const trust: Trust = express().set('trust proxy', trustProxyOf(trustProxy)).get('trust proxy fn');

  function forwarded(request: FrontRequest, name: string): string | undefined {
    if (!trusted || !trust(request.socket.remoteAddress ?? '', 0)) return undefined;
    return request.headers[name] as string | undefined;
  }
  return {
    /** The network address of the visitor, `''` when the connection is gone. */
    address(request: FrontRequest): string {
      let address = request.socket.remoteAddress ?? '';
      const hops = forwarded(request, 'x-forwarded-for')?.split(',') ?? [];
      for (let hop = 0; hops.length > 0 && trust(address, hop); hop += 1) address = hops.pop()!.trim();
      return address;
    },
    /** The host that the visitor asked for, in lower case and without a default port. */
    host(request: FrontRequest): string {
      const host = forwarded(request, 'x-forwarded-host')?.split(',')[0]?.trim() ?? request.headers.host;
      return (host ?? '').toLowerCase().replace(/:(80|443)$/, '');
    },
  };
}

export type AddressReader = ReturnType<typeof createAddressReader>;
