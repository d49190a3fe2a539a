import { alembic } from './alembic.ts'
import { custom } from './custom.ts'
import { dbmate } from './dbmate.ts'
import { django } from './django.ts'
import { drizzle } from './drizzle.ts'
import { flyway } from './flyway.ts'
import { golangMigrate } from './golang-migrate.ts'
import type { Tool } from './tool.ts'

/** All tools, by the name that the input has. */
export const tools = { alembic, django, 'golang-migrate': golangMigrate, dbmate, drizzle, flyway, custom } satisfies Record<string, Tool>

export type ToolName = keyof typeof tools
