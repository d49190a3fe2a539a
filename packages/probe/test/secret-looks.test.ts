import { expect, test } from '@jest/globals'
import { isSecretName, withoutSecretLooks } from '../src/secret-looks.ts'

test.each([
  ['Authorization: Bearer x', 'Authorization: Bearer ***'],
  ['{"authorization":"Bearer abc.def"}', '{"authorization":"Bearer ***"}'],
  ['Authorization: Basic dXNlcjpwYXNz\nHost: a', 'Authorization: Basic ***\nHost: a'],
  ['proxy-authorization=abc', 'proxy-authorization=***'],
  ['the header was Bearer eyJhbGciOiJIUzI1NiJ9.e30.x', 'the header was Bearer ***'],
  ['{"password": "two words, and a } brace"}', '{"password": "***"}'],
  ['{"password":"with \\" a quote","a":1}', '{"password":"***","a":1}'],
  ['{"body":"{\\"token\\":\\"it is\\",\\"b\\":1}"}', '{"body":"{\\"token\\":\\"***\\",\\"b\\":1}"}'],
  ["api_key='a b c' other='d'", "api_key='***' other='d'"],
  ['{"secret":"x"}', '{"secret":"***"}'],
  ['{"secret":"begins and was cut', '{"secret":"***'],
  ['?token=abc&page=2', '?token=***&page=2'],
  ['postgres://shop:hunter2@db:5432/shop', 'postgres://shop:***@db:5432/shop'],
  ['redis://:hunter2@cache', 'redis://:***@cache'],
  ['https://ghp_abc@github.com/a/b', 'https://***@github.com/a/b'],
  ['<input type="hidden" name="csrfmiddlewaretoken" value="abc">', '<input type="hidden" name="csrfmiddlewaretoken" value="***">'],
  ['<password>a b</password>', '<password>***</password>'],
  ['Set-Cookie: sid=abc; Path=/', 'Set-Cookie: sid=***; Path=/'],
])('what is secret by its looks is taken out: %s', (text, shown) => {
  expect(withoutSecretLooks(text)).toBe(shown)
})

test.each([
  'Bearer token missing',
  '{"password":null,"session":true}',
  'the token has expired',
  'https://shop.example.com/a@b?c=d',
  'write to me@example.com: it costs 12,50',
  '{"detail":"Authentication credentials were not provided."}',
])('a text that only speaks of secrets stays: %s', (text) => {
  expect(withoutSecretLooks(text)).toBe(text)
})

test('a long text takes no long time', () => {
  for (const piece of ['"password": "', 'token', 'token=', '<input ', 'a://b:', 'cookie: '])
    withoutSecretLooks(piece.repeat(1600 / piece.length))
})

test('names of what is secret', () => {
  expect(['authorization', 'set-cookie', '$.data.access_token', 'sid', 'x-csrf'].filter(isSecretName)).toHaveLength(5)
  expect(['content-type', '$.side', '$.keyboard'].filter(isSecretName)).toEqual([])
})
