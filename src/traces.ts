import { randomBytes } from 'node:crypto';
import type { TracingConfig } from './config-operation.js';
import type { MessageMoments } from './events-timed.js';

/** A span as OTLP/JSON has it (opentelemetry-proto, trace.proto). Times are Unix nanoseconds as text. */
type Span = Readonly<{
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: readonly Attribute[];
  status: Readonly<{ code: number }>;
}>;
type Attribute = Readonly<{ key: string; value: Readonly<{ stringValue: string } | { intValue: string }> }>;

const INTERNAL = 1;
const SERVER = 2;
const FAILED = 2;
/** Milliseconds between two posts, spans of one, spans that wait at most, and milliseconds that the collector has. */
const EVERY = 2_000;
const AT_ONCE = 512;
const WAITING = 4_096;
const PATIENCE = 5_000;

/** One HTTP request that has ended; `route` is the pattern, never the path: a path may name a candidate's link. */
export type RequestSpan = Readonly<{
  method: string;
  route: string;
  status: number;
  from: number;
  to: number;
  /** The header of that name (W3C Trace Context), as it came. */
  traceparent?: string;
}>;

export type Traces = Readonly<{
  message(id: string, moments: MessageMoments, outcome: string): void;
  click(id: string, how: string, from: number, to: number): void;
  job(id: string, name: string, result: string, milliseconds: number): void;
  request(span: RequestSpan): void;
  /** Posts what waits. Never rejects. */
  close(): Promise<void>;
}>;

/** A UUID is sixteen bytes, as a trace's id is: whoever knows a message's or a click's id has its trace. */
function traceIdOf(uuid: string): string {
  return uuid.replaceAll('-', '');
}

/** Of the share of traces that are kept: by the id's last seven bytes, so that every program decides alike. */
function isSampled(traceId: string, ratio: number): boolean {
  return ratio >= 1 || Number.parseInt(traceId.slice(-14), 16) < ratio * 2 ** 56;
}

const nanoseconds = (milliseconds: number) => `${Math.round(milliseconds * 1_000)}000`;
const attributesOf = (facts: Readonly<Record<string, string | number>>): Attribute[] =>
  Object.entries(facts).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));

function parentOf(
  traceparent: string | undefined,
): Readonly<{ traceId: string; parentSpanId: string }> | undefined {
  const [, traceId, parentSpanId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}/.exec(traceparent ?? '') ?? [];
  return traceId && parentSpanId ? { traceId, parentSpanId } : undefined;
}

/** Posts batches of spans to `<endpoint>/v1/traces`; what a collector that is away should have got is thrown away. */
function createExporter({ endpoint, headers, serviceName }: TracingConfig) {
  let waiting: Span[] = [];
  let timer: NodeJS.Timeout | undefined;

  async function post(spans: readonly Span[]): Promise<void> {
    const scopeSpans = [{ scope: { name: 'career-relay' }, spans }];
    const resource = { attributes: attributesOf({ 'service.name': serviceName }) };
    await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }),
      signal: AbortSignal.timeout(PATIENCE),
    }).then(
      (answer) => answer.body?.cancel(),
      () => {},
    );
  }
  async function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const spans = waiting;
    waiting = [];
    for (let at = 0; at < spans.length; at += AT_ONCE) await post(spans.slice(at, at + AT_ONCE));
  }
  return {
    add(span: Span): void {
      if (waiting.length >= WAITING) return;
      waiting.push(span);
      timer ??= setTimeout(() => void flush(), EVERY).unref();
    },
    flush,
  };
}

/** @param clock Unix milliseconds, to place what was measured by a monotonic one */
export function createTraces(config: TracingConfig, clock: () => number = Date.now): Traces {
  const exporter = createExporter(config);

  type Wanted = Readonly<{
    traceId: string;
    parentSpanId?: string;
    name: string;
    kind?: number;
    from: number;
    to: number;
    facts?: Readonly<Record<string, string | number>>;
    failed?: boolean;
  }>;
  /** @returns its id */
  function add({
    traceId,
    parentSpanId,
    name,
    kind = INTERNAL,
    from,
    to,
    facts = {},
    failed,
  }: Wanted): string {
    const spanId = randomBytes(8).toString('hex');
    exporter.add({
      traceId,
      spanId,
      parentSpanId,
      name,
      kind,
      startTimeUnixNano: nanoseconds(from),
      endTimeUnixNano: nanoseconds(to),
      attributes: attributesOf(facts),
      status: { code: failed ? FAILED : 0 },
    });
    return spanId;
  }

  return {
    message(id, { received, prepared, answered, journalled }, outcome) {
      const traceId = traceIdOf(id);
      if (!isSampled(traceId, config.ratio)) return;
      const offset = clock() - performance.now();
      const at = (moment: number) => moment + offset;
      const whole = { traceId, from: at(received), to: at(journalled) };
      const failed = outcome === 'failed' || outcome === 'ambiguous';
      const parentSpanId = add({ ...whole, name: 'mail', kind: SERVER, facts: { outcome }, failed });
      const part = { traceId, parentSpanId };
      add({ ...part, name: 'mail prepare', from: at(received), to: at(prepared) });
      add({ ...part, name: 'mail upstream', from: at(prepared), to: at(answered), failed });
      add({ ...part, name: 'mail journal', from: at(answered), to: at(journalled) });
    },
    click(id, how, from, to) {
      const traceId = traceIdOf(id);
      if (isSampled(traceId, config.ratio))
        add({ traceId, name: 'redirect', kind: SERVER, from, to, facts: { how } });
    },
    job(id, name, result, milliseconds) {
      const traceId = traceIdOf(id);
      if (!isSampled(traceId, config.ratio)) return;
      const to = clock();
      add({ traceId, name: `job ${name}`, from: to - milliseconds, to, failed: result === 'failed' });
    },
    request({ method, route, status, from, to, traceparent }) {
      const parent = parentOf(traceparent) ?? { traceId: randomBytes(16).toString('hex') };
      if (!isSampled(parent.traceId, config.ratio)) return;
      const facts = {
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      };
      add({ ...parent, name: `${method} ${route}`, kind: SERVER, from, to, facts, failed: status >= 500 });
    },
    close: () => exporter.flush(),
  };
}
