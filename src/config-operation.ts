import { z } from 'zod';

/** How a process is watched and stopped, as `parseConfig` reads it. */
export const operationEnvironment = {
  STATUS_PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port number')
    .transform(Number)
    .refine((value) => value <= 65_535, 'must be at most 65535')
    .optional(),
  DRAIN_SECONDS: z
    .string()
    .regex(/^[0-8]$/, 'must be 0 to 8: stopping takes 25 seconds in all')
    .transform(Number)
    .optional(),
  // The names that OpenTelemetry's own programs read.
  OTEL_EXPORTER_OTLP_ENDPOINT: z
    .string()
    .refine(
      (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
      'must be a URL that starts with http:// or https://',
    )
    .transform((value) => value.replace(/\/+$/, ''))
    .optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,\s]+=[^,]*(,[^=,\s]+=[^,]*)*$/, 'must be NAME=VALUE, comma-separated')
    .optional(),
  OTEL_SERVICE_NAME: z.string().default('career-relay'),
  OTEL_TRACES_SAMPLER_ARG: z
    .string()
    .regex(/^(0(\.\d+)?|1(\.0+)?)$/, 'must be the share of traces that are kept, 0 to 1')
    .transform(Number)
    .default(1),
};

/** Where traces go. */
export type TracingConfig = Readonly<{
  /** Without a trailing slash. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  /** The share of traces that are kept, 0 to 1. */
  ratio: number;
}>;

export type OperationConfig = Readonly<{
  /** Where `/healthz`, `/readyz` and `/metrics` are served beside the public port; undefined: nowhere. */
  statusPort?: number;
  /** Seconds between the signal to stop and the last connection taken: balancers look elsewhere meanwhile. */
  drainSeconds: number;
  /** undefined: no traces are made. */
  tracing?: TracingConfig;
}>;

type Environment = z.infer<z.ZodObject<typeof operationEnvironment>>;

function tracingOf(env: Environment): TracingConfig | undefined {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (!endpoint) return undefined;
  const pairs = env.OTEL_EXPORTER_OTLP_HEADERS?.split(',') ?? [];
  const headers = pairs.map((pair) => [
    pair.slice(0, pair.indexOf('=')).trim(),
    decodeURIComponent(pair.slice(pair.indexOf('=') + 1)),
  ]);
  return {
    endpoint,
    headers: Object.fromEntries(headers),
    serviceName: env.OTEL_SERVICE_NAME,
    ratio: env.OTEL_TRACES_SAMPLER_ARG,
  };
}

export function operationConfigOf(env: Environment & { NODE_ENV: string }): OperationConfig {
  return {
    statusPort: env.STATUS_PORT,
    drainSeconds: env.DRAIN_SECONDS ?? (env.NODE_ENV === 'production' ? 3 : 0),
    tracing: tracingOf(env),
  };
}
