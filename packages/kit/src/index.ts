export { actionsExec } from './actions-exec.ts'
export { type Clock, systemClock } from './clock.ts'
export { formatDuration, parseDuration } from './duration.ts'
export type { Exec, ExecOptions, ExecResult } from './exec.ts'
export { createLog, type Log, prefixed, tellingOnce } from './log.ts'
export { nearest } from './nearest.ts'
export { createOutputs, type Outputs } from './outputs.ts'
export {
  type CamelCase,
  camelCase,
  type InputSpec,
  inputError,
  type Problem,
  type ReadOptions,
  readInputs,
  requireInputs,
  type Values,
} from './read-inputs.ts'
export {
  atLeastOne,
  bool,
  duration,
  each,
  integer,
  json,
  lines,
  list,
  Mistake,
  matching,
  oneOf,
  optional,
  optionalText,
  pairs,
  passedOn,
  type Reader,
  reader,
  secret,
  text,
  upstream,
  type ValueOf,
} from './readers.ts'
export { reportFailure } from './report-failure.ts'
export { inputOf, type Run, runAction, type Verdict } from './run-action.ts'
export { type FilePlace, type Runner, shellRunner } from './runner.ts'
export { createSecrets, formsOf, type Secrets } from './secrets.ts'
export { createSummary, type Summary } from './summary.ts'
export type { Phase } from './summary-block.ts'
export { columns } from './summary-plain.ts'
export type { Machine } from './this-process.ts'
export { type ErrorCode, messageOf, UserError } from './user-error.ts'
