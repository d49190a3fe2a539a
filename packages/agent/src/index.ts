export { type Attempts, afterLosses, type Reached } from './after-losses.ts'
export {
  Agent,
  type AgentEvent,
  type AgentOptions,
  type Candidate,
  type Choice,
  Settled,
  type Settlement,
  type Standing,
  serving,
} from './agent.ts'
export { type BackupFileRequest, readBackupFile } from './backup-file.ts'
export { type Change, type ChangeEnd, changeHosts, type HostEnd, prepareAll, takeBack } from './change-hosts.ts'
export {
  containerHashes,
  type EnvAssignment,
  type EnvFileRequest,
  type EnvFileState,
  envHash,
  HostEnvFile,
  type KeyDate,
} from './env-files.ts'
export { type AfterLoss, isLost, leavesUnknown, type Outcome, outcomeAfter } from './go-on.ts'
export {
  type BackupDone,
  type BackupOptions,
  type BackupVolume,
  type DatabaseAddress,
  HostBackups,
  type IncomingFile,
} from './host-backups.ts'
export { type AgentFacts, readFacts } from './host-facts.ts'
export { HostFailures, onEach, together } from './host-failures.ts'
export { HostMigration, type HostMigrationRequest } from './host-migration.ts'
export { closeAll, type HostSession, type OpenHost, type OpenOptions, openHosts, reopen } from './open-hosts.ts'
export { type PartsRequest, type PlacesForParts, placesForParts } from './places-for-parts.ts'
export { cutWhileDraining, phasesOf, type Timings, timingsOf, timingsOfAll } from './timings.ts'
export { Turns, type TurnsRequest, type Waiting } from './turns.ts'
export { type Watched, watchedIn } from './watch.ts'
