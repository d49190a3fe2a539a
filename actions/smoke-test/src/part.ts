// What the one-step action (actions/release-compose-ssh) takes of this one.
export { check, isPrivate, trustOf } from './check-inputs.ts'
export { inputs, type SmokeInputs } from './inputs.ts'
export { CODES, report } from './report.ts'
export { requestOf } from './request.ts'
export { planLines, type SmokeTestRequest, type SmokeTestResult, smokeTest } from './smoke-test.ts'
export { record } from './told.ts'
