import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { blockModule, compileBlock } from '../../scripts/block-template.js';
import {
  asciiLines,
  type BlockWording,
  DEFAULT_WORDS,
  htmlFragment,
  type RelayBlock,
  textLines,
} from '../../src/relay/block.js';
import { BLOCK_HTML } from '../../src/relay/block-html.js';
import {
  isExcluded,
  LONGEST_WORDING_LINE,
  tidyWords,
  unwritableIn,
  type WordingFault,
  wordingProblems,
} from '../../src/relay/block-wording.js';
import { decide } from '../../src/relay/decide.js';
import { scanMessage } from '../../src/relay/mime.js';
import { readView } from '../../src/relay/view.js';
import { BLOCK, holdLaw, seenByPostalMime } from './law.js';
import { soundMail } from './law-mails.js';

const OWN: BlockWording = {
  ja: {
    offer: '選考とは別に、ご希望の方へ\n職業紹介会社の無料相談をご案内しています。',
    note: '利用は任意で、選考結果には影響しません。',
  },
  en: { offer: 'If you like, talk to our partner agency, free of charge.', note: 'It is up to you.' },
};
const COMPANY: RelayBlock = { ...BLOCK, wording: OWN };

describe("a company's own words", () => {
  const text = { ja: OWN.ja!, en: OWN.en! };
  const faults: Record<WordingFault, BlockWording> = {
    empty: { ja: { ...text.ja, note: ' ' } },
    'too-many-lines': { ja: { ...text.ja, offer: '無料\nの\n相談\nです' } },
    'line-too-long': { ja: { ...text.ja, offer: '無'.repeat(LONGEST_WORDING_LINE + 1) } },
    unprintable: { ja: { ...text.ja, offer: '無料\u202e相談' } },
    'holds-link': { ja: { ...text.ja, offer: '無料相談はｈｔｔｐ：//a.example' } },
    'not-optional': { ja: { offer: '職業紹介会社の無料相談です。', note: 'ぜひご利用ください' } },
    'not-free': { en: { offer: 'If you like, talk to an agency.', note: 'It is up to you.' } },
    promises: { en: { ...text.en, note: 'It is up to you, and a job is guaranteed.' } },
  };
  test.each(Object.entries(faults))('%s is told with its field', (fault, wording) => {
    const [language] = Object.keys(wording);
    expect(wordingProblems(wording)).toEqual([
      { field: expect.stringMatching(`^wording\\.${language}\\.(offer|note)$`), fault },
    ]);
  });

  test('control: sound words, and the built-in ones, have no fault', () => {
    expect(wordingProblems(OWN)).toEqual([]);
    expect(wordingProblems(DEFAULT_WORDS)).toEqual([]);
    expect(wordingProblems({})).toEqual([]);
  });

  test('line ends and the space around lines are tidied', () => {
    expect(tidyWords('  one \r\n two\r')).toBe('one\ntwo');
  });

  test('stand around the link, the agency before the note', () => {
    expect(textLines(COMPANY, 'ja')).toEqual([
      '選考とは別に、ご希望の方へ',
      '職業紹介会社の無料相談をご案内しています。',
      BLOCK.url,
      '株式会社リレー紹介（許可番号 13-ユ-000000）・利用は任意で、選考結果には影響しません。',
    ]);
    expect(asciiLines(COMPANY)).toEqual([OWN.en!.offer, BLOCK.url, OWN.en!.note]);
    const html = htmlFragment(COMPANY, 'ja', '\r\n', false);
    expect(html).toContain('ご希望の方へ<br\r\n>職業紹介会社の');
    expect(html.split(BLOCK.url)).toHaveLength(3);
  });

  test('in the other language the built-in words stand', () => {
    const ja = { ...BLOCK, wording: { ja: OWN.ja! } };
    expect(textLines(ja, 'en')[0]).toBe(DEFAULT_WORDS.en.offer);
    expect(asciiLines(ja)[0]).toBe(DEFAULT_WORDS.en.offer);
  });

  test('what a charset cannot carry is told before it is met', () => {
    expect(unwritableIn(OWN)).toEqual([]);
    const fancy = { ja: { ...OWN.ja!, note: '任意です〜🌱' }, en: { ...OWN.en!, note: 'It’s optional.' } };
    const missing = unwritableIn(fancy);
    expect(missing.map(({ charset }) => charset)).toEqual(['iso-2022-jp', 'cp932', 'euc-jp', 'us-ascii']);
    expect(missing[0]!.characters).toContain('🌱');
    expect(asciiLines({ ...BLOCK, wording: fancy })[0]).toBe(DEFAULT_WORDS.en.offer);
  });

  test('what is said is escaped, and no word is taken for a place to fill', () => {
    const odd = { ja: { offer: '無料 <b> & "x" {{note}} {{url}}', note: '$& 任意' } };
    const html = htmlFragment({ ...BLOCK, wording: odd }, 'ja', '\n', true);
    expect(html).toContain('&lt;b&gt; &amp; &quot;x&quot;');
    expect(html).toContain('$&amp; ');
    expect(html.split(BLOCK.url)).toHaveLength(3);
  });
});

describe('the insertion law for blocks of companies', () => {
  /** Whatever passes the checks, and what would not: no word may break a mail. */
  const line = fc
    .array(
      fc.constantFrom(
        '無料',
        '任意',
        'ア',
        '①',
        '〜',
        '🌱',
        '髙',
        'é',
        ' ',
        '&',
        '<',
        '>',
        '"',
        '.',
        '-- ',
        '>',
        'From ',
      ),
      { minLength: 1, maxLength: 50 },
    )
    .map((words) => words.join('').slice(0, LONGEST_WORDING_LINE).trim() || '無料')
    .map((one) => one.replace(/[\ud800-\udbff]$/, ''));
  const words = fc.record({
    offer: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
    note: fc.array(line, { minLength: 1, maxLength: 3 }).map((lines) => lines.join('\n')),
  });
  const wording = fc.record({ ja: words, en: words }, { requiredKeys: [] });

  test('all is inserted, all is undone, nothing twice, no line too long; another parser sees the same', async () => {
    await fc.assert(
      fc.asyncProperty(soundMail, wording, async ({ message, chunk, text, html }, chosen) => {
        const { plan, output } = holdLaw(message, chunk, { ...BLOCK, wording: chosen });
        expect(plan.kind).toBe('inserted');
        const longest = (bytes: Buffer) =>
          Math.max(
            ...bytes
              .toString('latin1')
              .split('\n')
              .map(({ length }) => length),
          );
        expect(longest(output)).toBeLessThanOrEqual(Math.max(998, longest(message)));
        const before = await seenByPostalMime(message);
        const after = await seenByPostalMime(output);
        expect(after.headers).toEqual(before.headers);
        expect(after.attachments).toEqual(before.attachments);
        if (text) expect(after.text).toContain(BLOCK.url);
        if (html) expect(after.html).toContain(BLOCK.url);
      }),
      { numRuns: Math.ceil(Number(process.env.CR_LAW_RUNS ?? 10_000) / 20), seed: 20_261_130 },
    );
  }, 120_000);
});

describe("the block's HTML", () => {
  const html = htmlFragment(BLOCK, 'ja', '\n', false);

  test('is what MJML makes of the template now', async () => {
    const source = readFileSync(new URL('../../templates/block.mjml', import.meta.url), 'utf8');
    const compiled = await compileBlock(source);
    expect(compiled).toBe(BLOCK_HTML);
    const module = readFileSync(new URL('../../src/relay/block-html.ts', import.meta.url), 'utf8');
    expect(blockModule(compiled)).toBe(module);
  });

  test('has nothing that Outlook does not know: a border of a cell, space made of rows', () => {
    expect(html).not.toMatch(/margin|float|flex|position|max-width|<p\b|<div\b|<style|class=/);
    expect(html).toMatch(/<td style="border-left:/);
  });

  test('asks click tracking to leave its one link alone', () => {
    expect(html.match(/<a\s[^>]*>/g)).toEqual([expect.stringContaining('clicktracking=off')]);
  });

  test('can be read on white and on black: its texts have no colour of their own or one between', () => {
    const colours = [...html.matchAll(/[";\s]color:([^;"]+)/g)].map(([, colour]) => colour!);
    expect(colours).toEqual(['inherit', '#0a8275', '#757575']);
    expect(html).not.toMatch(/background/);
    for (const colour of colours.slice(1)) {
      expect(contrast(colour, '#ffffff')).toBeGreaterThanOrEqual(4.5);
      expect(contrast(colour, '#000000')).toBeGreaterThanOrEqual(4.4);
    }
  });

  test('control: the colours of before fail on black', () => {
    expect(contrast('#444444', '#000000')).toBeLessThan(3);
  });
});

/** WCAG 2.2, contrast ratio. */
function contrast(one: string, other: string): number {
  const luminance = (colour: string) => {
    const [red, green, blue] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe('jobs and stages without a link', () => {
  const exclusions = { jobs: ['営業'], stages: ['Final Interview'] };
  const decided = (...fields: string[]) => {
    const structure = scanMessage(Buffer.from([...fields, 'Subject: x', '', 'x'].join('\r\n')));
    const view = readView(structure, { linkBaseUrls: ['https://go.aoba.example/r'], staticUrl: '' });
    const asked = view.control.action === 'insert';
    const cue = { phrase: 'x', where: asked ? ('header' as const) : ('text' as const), weight: 100 };
    const verdict = { verdict: 'rejection' as const, cues: [cue], rulesVersion: 0 };
    return decide(
      view,
      verdict,
      'auto',
      { from: '<a@b.example>', recipients: ['<c@d.example>'] },
      exclusions,
    );
  };

  test('are compared as rules are: width, case and spaces do not matter', () => {
    expect(isExcluded({ stage: ' ＦＩＮＡＬ  interview' }, exclusions)).toBe(true);
    expect(isExcluded({ job: 'Final Interview' }, exclusions)).toBe(false);
    expect(isExcluded({}, exclusions)).toBe(false);
  });

  test('label-excluded: the mail goes out as it came, unless it asks for its link itself', () => {
    const stage = 'X-Career-Relay-Stage: final interview';
    expect(decided(stage)).toEqual({ kind: 'untouched', reason: 'label-excluded' });
    expect(decided(stage, 'X-Career-Relay: insert').kind).toBe('candidate-link');
    expect(decided('X-Career-Relay-Stage: first').kind).toBe('candidate-link');
  });
});
