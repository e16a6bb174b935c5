import { compileDestination, createDestinations } from '../../src/click/destination.js';

const ID = '01935555-0000-7000-8000-000000000001';

function filled(template: string): string | undefined {
  return compileDestination(template)?.('bcdfghjk23', ID);
}

describe('destination', () => {
  test('fills the placeholders, wherever they stand', () => {
    expect(filled('https://a.example/{code}/start?c={click}&again={code}#{code}')).toBe(
      `https://a.example/bcdfghjk23/start?c=${ID}&again=bcdfghjk23#bcdfghjk23`,
    );
  });

  test('adds query parameters where there is no placeholder', () => {
    expect(filled('https://a.example/join?utm=x#top')).toBe(
      `https://a.example/join?utm=x&cr_code=bcdfghjk23&cr_click=${ID}#top`,
    );
  });

  test('replaces parameters of the same name', () => {
    expect(filled('https://a.example/?cr_code=1&cr_click=2')).toBe(
      `https://a.example/?cr_code=bcdfghjk23&cr_click=${ID}`,
    );
  });

  test.each(['not a url', 'javascript:alert(1)', 'ftp://a.example/', ''])('refuses %j', (template) => {
    expect(compileDestination(template)).toBeUndefined();
  });

  test('has no line break to smuggle a header in', () => {
    expect(filled('https://a.example/\r\nSet-Cookie: x=1')).not.toMatch(/[\r\n]/);
  });

  test('a code is escaped', () => {
    expect(compileDestination('https://a.example/{code}')?.('a/b?c', ID)).toBe('https://a.example/a%2Fb%3Fc');
  });
});

describe('destinations', () => {
  const builtIn = createDestinations(undefined, 'https://relay.example');
  const service = createDestinations('https://agency.example/start/{code}', 'https://relay.example');

  test('the company first, then the service, then the built-in page', () => {
    expect(service.locate('https://own.example/{code}', 'bcdfghjk23', ID)).toBe(
      'https://own.example/bcdfghjk23',
    );
    expect(service.locate(null, 'bcdfghjk23', ID)).toBe('https://agency.example/start/bcdfghjk23');
    expect(builtIn.locate(null, 'bcdfghjk23', ID)).toBe(`https://relay.example/join/bcdfghjk23?click=${ID}`);
  });

  test("a company's malformed destination counts as none", () => {
    expect(service.locate('nonsense', 'bcdfghjk23', ID)).toBe('https://agency.example/start/bcdfghjk23');
  });

  test('the way on without a code is the destination’s front page, or our form', () => {
    expect(service.front).toBe('https://agency.example/');
    expect(builtIn.front).toBe('https://relay.example/join');
  });
});
