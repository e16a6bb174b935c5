import { normaliseAddress } from '../../src/registration/person.js';

test.each([
  [' Taro@Example.JP ', 'taro@example.jp'],
  ['ｔａｒｏ＠example.jp', 'taro@example.jp'],
  ['Ta.ro.Yamada+jobs@gmail.com', 'taroyamada@gmail.com'],
  ['taro@googlemail.com', 'taro@gmail.com'],
  ['taro+1@outlook.jp', 'taro@outlook.jp'],
  ['ta.ro@outlook.jp', 'ta.ro@outlook.jp'],
  // Elsewhere a plus or a dot may be somebody else's mailbox.
  ['taro+1@example.jp', 'taro+1@example.jp'],
  ['ta.ro@example.jp', 'ta.ro@example.jp'],
  ['taro..yamada.@docomo.ne.jp', 'taro..yamada.@docomo.ne.jp'],
  ['+taro@gmail.com', '+taro@gmail.com'],
])('%s is %s', (typed, person) => {
  expect(normaliseAddress(typed)).toBe(person);
});
