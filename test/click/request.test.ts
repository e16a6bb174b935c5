import { createTargetReader } from '../../src/click/request.js';

describe('request target', () => {
  const below = createTargetReader('https://relay.example/r', 'https://relay.example');
  const root = createTargetReader('https://go.example', 'https://relay.example/app');

  test('a code below the prefix, whatever its query', () => {
    expect(below('/r/bcdfghjk23?x=/c/y', () => 'relay.example')).toEqual({
      kind: 'link',
      by: 'code',
      key: 'bcdfghjk23',
    });
  });

  test('below the prefix everything is ours', () => {
    expect(below('/r/', () => '')).toEqual({ kind: 'no_link' });
    expect(below('/r/a/bcdfghjk23', () => '')).toEqual({ kind: 'no_link' });
  });

  test('a bare code is asked for on its host', () => {
    expect(below('/bcdfghjk23', () => 'go.momiji.example')).toEqual({
      kind: 'link',
      by: 'host',
      key: 'bcdfghjk23',
    });
  });

  test('with short links at the root of a host of their own, a bare code there is any company’s', () => {
    expect(root('/bcdfghjk23', () => 'go.example')).toMatchObject({ by: 'code' });
    expect(root('/bcdfghjk23', () => 'go.momiji.example')).toMatchObject({ by: 'host' });
  });

  test('a static link stands below the base URL', () => {
    expect(root('/app/c/sakura-1', () => 'relay.example')).toEqual({
      kind: 'link',
      by: 'slug',
      key: 'sakura-1',
    });
    expect(root('/app/c/../r', () => 'relay.example')).toEqual({ kind: 'no_link' });
  });

  test.each(['/', '/dashboard', '/rx/bcdfghjk23', '/join/bcdfghjk23', '*'])('%s is not ours', (url) => {
    expect(below(url, () => 'relay.example')).toEqual({ kind: 'not_ours' });
    expect(root(url, () => 'go.example')).toEqual({ kind: 'not_ours' });
  });
});
