import cluster, { type Worker } from 'node:cluster';
import { AggregatorRegistry, type MetricObject, type Registry } from 'prom-client';

/** Milliseconds that the processes of one machine have to tell their figures; who does not is left out. */
const PATIENCE = 1_000;

type Figures = readonly MetricObject[];
type Message =
  | Readonly<{ metrics: 'ask'; id: number }>
  | Readonly<{ metrics: 'tell'; id: number; figures: Figures }>
  | Readonly<{ metrics: 'ask-all'; id: number }>
  | Readonly<{ metrics: 'tell-all'; id: number; text: string }>;

function isMessage(message: unknown): message is Message {
  return typeof message === 'object' && message !== null && 'metrics' in message;
}

let lastId = 0;

/** In a process that was forked: tells its figures when asked. @returns the figures of all, in Prometheus' format */
export function joinFleet(registry: Registry): () => Promise<string> {
  const waiting = new Map<number, (text: string) => void>();
  process.on('message', (message: unknown) => {
    if (!isMessage(message)) return;
    if (message.metrics === 'tell-all') waiting.get(message.id)?.(message.text);
    if (message.metrics !== 'ask') return;
    const { id } = message;
    void registry.getMetricsAsJSON().then((figures) => process.send?.({ metrics: 'tell', id, figures }));
  });
  return async () => {
    lastId += 1;
    const id = lastId;
    const text = await new Promise<string | undefined>((resolve) => {
      const timer = setTimeout(resolve, 2 * PATIENCE, undefined);
      waiting.set(id, (told) => {
        clearTimeout(timer);
        resolve(told);
      });
      process.send?.({ metrics: 'ask-all', id } satisfies Message);
    });
    waiting.delete(id);
    return text ?? registry.metrics();
  };
}

/**
 * In the process that forks: answers those that ask for everybody's figures.
 * @param own this process's, where it runs roles itself
 * @returns the same figures, for this process's own use
 */
export function leadFleet(own: () => Registry | undefined): () => Promise<string> {
  const asked = new Map<number, (figures: Figures) => void>();

  function ask(worker: Worker): Promise<Figures | undefined> {
    lastId += 1;
    const id = lastId;
    return new Promise<Figures | undefined>((resolve) => {
      const timer = setTimeout(resolve, PATIENCE, undefined);
      asked.set(id, (figures) => {
        clearTimeout(timer);
        resolve(figures);
      });
      worker.send({ metrics: 'ask', id } satisfies Message);
    }).finally(() => asked.delete(id));
  }

  async function gather(): Promise<string> {
    const workers = Object.values(cluster.workers ?? {}).filter((worker) => worker?.isConnected());
    const figures = await Promise.all([own()?.getMetricsAsJSON(), ...workers.map((worker) => ask(worker!))]);
    const told = figures.filter((one) => one !== undefined) as object[];
    return AggregatorRegistry.aggregate(told).metrics();
  }

  cluster.on('message', (worker, message: unknown) => {
    if (!isMessage(message)) return;
    const { id } = message;
    if (message.metrics === 'tell') asked.get(id)?.(message.figures);
    if (message.metrics !== 'ask-all') return;
    void gather().then((text) => {
      if (worker.isConnected()) worker.send({ metrics: 'tell-all', id, text } satisfies Message);
    });
  });
  return gather;
}
