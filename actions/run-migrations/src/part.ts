// What the one-step action (actions/release-compose-ssh) takes of this one.
export { check, inputs, type RunMigrationsInputs } from './inputs.ts'
export { report } from './report.ts'
export { runMigrations } from './run-migrations.ts'
