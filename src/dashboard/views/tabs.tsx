export type Tab = Readonly<{ href: string; name: string; on: boolean }>;

/** Links of which one is on. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ href, name, on }) => (
        <a key={href} href={href} aria-current={on ? 'true' : undefined}>
          {name}
        </a>
      ))}
    </nav>
  );
}
