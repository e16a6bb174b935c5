import { tsImport } from 'tsx/esm/api';

export default async function teardown() {
  const { dropTestDatabases } = await tsImport('./drop.ts', import.meta.url);
  await dropTestDatabases();
}
