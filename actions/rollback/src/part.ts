// What the one-step action (actions/release-compose-ssh) takes of this one.
export { report } from './report.ts'
export { type RollbackResult, rollback } from './rollback.ts'
export { toldOf } from './told.ts'
