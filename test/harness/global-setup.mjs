import { tsImport } from 'tsx/esm/api';

// Jest does not resolve TypeScript's '.js' specifiers in a global set-up; tsx does.
export default async function setup() {
  const { prepare } = await tsImport('./prepare.ts', import.meta.url);
  await prepare();
}
