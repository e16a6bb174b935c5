/** Compiles the block's template into the program: `npm run build:block`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { blockModule, compileBlock } from './block-template.js';

const source = readFileSync(new URL('../templates/block.mjml', import.meta.url), 'utf8');
const target = new URL('../src/relay/block-html.ts', import.meta.url);
writeFileSync(target, blockModule(await compileBlock(source)));
