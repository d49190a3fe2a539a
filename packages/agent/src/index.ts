export { Agent, type AgentEvent, type AgentOptions, type Candidate, type Choice, Settled, type Settlement, serving } from './agent.ts'
export {
  containerHashes,
  type EnvAssignment,
  type EnvFileRequest,
  type EnvFileState,
  envHash,
  HostEnvFile,
} from './env-files.ts'
export { type AfterLoss, isLost, type Outcome, outcomeAfter } from './go-on.ts'
export { type AgentFacts, readFacts } from './host-facts.ts'
export { cutWhileDraining, phasesOf, type Timings, timingsOf } from './timings.ts'
export { type Watched, watchedIn } from './watch.ts'
