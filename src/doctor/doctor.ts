import type { Config } from '../config.js';
import { checkDkim, checkDmarc, checkHost, checkSpf, type Names, systemNames } from './dns.js';
import { type Finding, ok, warn } from './finding.js';
import { checkCertificate, checkDisk, checkPorts, checkTimekeeping } from './machine.js';
import { checkDatabase, checkRedis } from './stores.js';
import { checkUpstream } from './upstream.js';

export type { Finding } from './finding.js';

function checkConfiguration({ environment, roles, baseUrl, agency }: Config): Finding[] {
  const findings = [ok('configuration', `${environment}, roles ${roles.join(', ')}, ${baseUrl}`)];
  if (environment !== 'production') return findings;
  if (!baseUrl.startsWith('https:')) {
    findings.push(
      warn('configuration', `BASE_URL is ${baseUrl}`, 'serve it by https: candidates type their names there'),
    );
  }
  if (!agency.name || !agency.licence) {
    const todo = 'set both: the agency is shown to candidates with its licence (許可番号)';
    findings.push(warn('configuration', 'AGENCY_NAME or AGENCY_LICENSE is not set', todo));
  }
  return findings;
}

const hostOf = (url: string) => new URL(url).hostname;

async function checkNames(
  config: Config,
  names: Names,
  known: Awaited<ReturnType<typeof checkDatabase>>['known'],
) {
  const domain = config.mailFrom.slice(config.mailFrom.lastIndexOf('@') + 1);
  const hosts = new Set([hostOf(config.baseUrl), hostOf(config.linkBaseUrl), ...known.linkHosts]);
  const isLocal = /(?:^|\.)localhost$/.test(domain);
  return Promise.all([
    ...[...hosts].map((host) => checkHost(names, 'link host', host)),
    ...(isLocal ? [] : [checkSpf(names, domain), checkDmarc(names, domain)]),
    ...known.keys.map((key) => checkDkim(names, key)),
  ]);
}

/**
 * Looks at everything that the service needs, and changes nothing; each question has a time limit.
 * @param names who is asked about names
 */
export async function examine(
  config: Config,
  names: Names = systemNames(),
  now = new Date(),
): Promise<Finding[]> {
  const [database, redis, upstream, disk, ports, timekeeping] = await Promise.all([
    checkDatabase(config),
    checkRedis(config),
    checkUpstream(config),
    checkDisk(config),
    checkPorts(config),
    checkTimekeeping(),
  ]);
  const findings = [
    ...checkConfiguration(config),
    ...database.findings,
    ...redis,
    upstream,
    checkCertificate(config, now),
    disk,
    ...ports,
    timekeeping,
    ...(await checkNames(config, names, database.known)),
  ];
  return findings.filter((finding) => finding !== undefined);
}

/** A line each, and what to do below it. */
export function report(findings: readonly Finding[]): string {
  const lines = findings.map(({ check, status, found, todo }) => {
    const line = `${status.padEnd(4)}  ${check.padEnd(13)}  ${found}`;
    return todo ? `${line}\n${' '.repeat(21)}→ ${todo}` : line;
  });
  const count = (status: Finding['status']) => findings.filter((one) => one.status === status).length;
  return [...lines, `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} that fail`].join('\n');
}
