import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Router } from 'express';
import { digest } from '../keys.js';
import { forEverybody } from './access.js';

type Asset = Readonly<{ type: string; body: Buffer; zipped: Buffer; version: string }>;

const TYPES: Readonly<Record<string, string>> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

function read(path: string | URL, name: string): [string, Asset] {
  return asset(readFileSync(path), name);
}

function asset(body: Buffer, name: string): [string, Asset] {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
  return [name, { type, body, zipped: gzipSync(body), version: digest(body).toString('hex').slice(0, 10) }];
}

/** uPlot ships its small build as a script that declares one name; a module exports it. A third of the ESM build. */
function moduleOf(path: string, name: string, as: string): [string, Asset] {
  return asset(Buffer.concat([readFileSync(path), Buffer.from(`\nexport default ${name};\n`)]), as);
}

/** Everything a browser may load from us, read once: our own files and uPlot's. */
const assets: ReadonlyMap<string, Asset> = (() => {
  const own = new URL('./assets/', import.meta.url);
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  return new Map([
    ...readdirSync(own).map((name) => read(new URL(name, own), name)),
    moduleOf(join(uplot, 'uPlot.iife.min.js'), 'uPlot', 'uplot.js'),
    read(join(uplot, 'uPlot.min.css'), 'uplot.css'),
  ]);
})();

/** The URL of an asset, with its content's hash: it may be cached for ever. @throws Error for an unknown name */
export function assetUrl(name: string): string {
  const asset = assets.get(name);
  if (!asset) throw new Error(`no such asset: ${name}`);
  return `/assets/${name}?v=${asset.version}`;
}

export function assetRoutes(): Router {
  return Router().get('/assets/:name', forEverybody('asset'), (request, response, next) => {
    const asset = assets.get(request.params.name);
    if (!asset) return next();
    const current = request.query.v === asset.version;
    response
      .setHeader('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'public, max-age=60')
      .vary('Accept-Encoding')
      .type(asset.type);
    if (!request.acceptsEncodings('gzip')) return response.send(asset.body);
    response.setHeader('Content-Encoding', 'gzip').send(asset.zipped);
  });
}
