import { type Page, renderPage } from '../web/page.js';

function Japanese() {
  return (
    <section lang="ja">
      <h1>このリンクは見つかりませんでした</h1>
      <p>
        お手数をおかけして申し訳ありません。メールの表示によっては、リンクが途中で途切れてしまうことがあります。
        お手元のメールに書かれたURLを、末尾までコピーしてもう一度お試しください。
      </p>
    </section>
  );
}

function English() {
  return (
    <section lang="en">
      <h2>We could not find this link</h2>
      <p>
        We are sorry for the detour. Some mail programs cut long links short. Please copy the whole address
        from your mail and try once more.
      </p>
    </section>
  );
}

/** For a code that no link has: no blame, both languages (the visitor's first), and a way on. */
export function unknownLinkPage(locale: Page['locale'], front: string): string {
  return renderPage({
    title: 'リンクが見つかりませんでした / Link not found',
    locale,
    styles: ['unknown-link.css'],
    body: (
      <main class="unknown-link">
        {locale === 'ja'
          ? [<Japanese key="ja" />, <English key="en" />]
          : [<English key="en" />, <Japanese key="ja" />]}
        <p class="way-on">
          <a href={front} rel="noreferrer">
            登録ページのトップへ進む / Go on to the start page
          </a>
        </p>
      </main>
    ),
  });
}
