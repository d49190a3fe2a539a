export { encodeComposeEnvFile } from './compose-env-file.ts'
export { type Lookup, parseComposeEnvFile } from './parse.ts'
export { type EnvFile, parseEnvFile, type Statement } from './statements.ts'
