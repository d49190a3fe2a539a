// What the one-step action (actions/release-compose-ssh) takes of this one.
export { type DeployResult, deploy } from './deploy.ts'
export { check, type DeployInputs, inputs } from './inputs.ts'
export { report } from './report.ts'
export { requestOf } from './request.ts'
export { addressOf, toldOf } from './told.ts'
