import { duration, integer, matching, optional, optionalText, pairs, type Values } from '@deploy-actions/kit'
import { initInputs } from './init-inputs.ts'

const { directory, app, 'compose-file': composeFile, services, health } = initInputs

/** Those of commands/try.yml, in its order. */
export const tryInputs = {
  ...{ directory, app, 'compose-file': composeFile, services, health },
  env: pairs,
  'env-file': optionalText,
  'migrate-tool': optional(matching(/^[a-z-]+$/, 'must be a tool of run-migrations, such as `alembic`')),
  'migrate-service': optionalText,
  port: optional(integer({ min: 1, max: 65_535 })),
  stay: optional(duration()),
}

export type TryValues = Values<typeof tryInputs>
