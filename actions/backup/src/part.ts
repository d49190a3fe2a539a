// What the one-step action (actions/release-compose-ssh) takes of this one.
export { type BackupResult, backup } from './backup.ts'
export { report } from './report.ts'
