import { asLines, type Codec, plainNames, widerNames } from './codec.ts'
import { encodeComposeValue } from './compose-env-file.ts'
import { parseComposeEnvFile } from './parse.ts'

/** `env_file:` of Compose: what the container gets. Always on one line. */
export const composeCodec: Codec = {
  consumer: "Compose's env_file",
  names: widerNames,
  spellings: (value) => [encodeComposeValue(value), value, `'${value}'`, `"${value}"`, doubleQuoted(value)],
  whyNot: () => 'has no spelling that Compose reads back',
  join: asLines,
  parse: parseComposeEnvFile,
}

/** `.env` or `--env-file` of Compose, for `${NAME}` in the Compose file: the same rules, and only names that can stand there. */
export const interpolationCodec: Codec = { ...composeCodec, consumer: "Compose's interpolation", names: plainNames }

const doubleQuoted = (value: string): string =>
  `"${value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')}"`
