// What the one-step action (actions/release-compose-ssh) takes of this one.

export { composeSsh, type FileInputs } from './compose-ssh.ts'
export { check, inputs, type SyncEnvInputs } from './inputs.ts'
export { report } from './report.ts'
export { type Judged, judgedValues } from './sync.ts'
export { changeLine, type SyncResult } from './target.ts'
