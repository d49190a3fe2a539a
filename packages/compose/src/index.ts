export { type Adoption, adoptionOf, directoryOf, sameServices } from './adoption.ts'
export { type AssetsChoice, assetsLine } from './assets-line.ts'
export { type CaddyOptions, caddyOptions } from './caddy-options.ts'
export { type CaddyfileRequest, edgeCaddyfile } from './caddyfile.ts'
export { sha256 } from './canonical-json.ts'
export { type Collected, type CollectedFile, type CollectRequest, collectFiles } from './collect-files.ts'
export type { ComposeModel, ComposeMount, ComposePort, ComposeService } from './compose-model.ts'
export { type Destination, type Door, type EdgePlan, planEdge, type Site } from './edge-plan.ts'
export type { Environment } from './file-objects.ts'
export type { HostContainer, HostFacts, HostPort, StartedByHand } from './host-facts.ts'
export { interpolate, type Variables } from './interpolate.ts'
export { judge, judgeDocker } from './judge.ts'
export { hasOrphans } from './judge-orphans.ts'
export type { Judgement, JudgeOptions } from './judged.ts'
export { nodeWorkspace } from './node-workspace.ts'
export { type KeptFiles, type Placed, type Places, placePaths } from './place-paths.ts'
export type { PlanLine } from './plan-lines.ts'
export { planRelease, type ReleasePlan } from './plan-release.ts'
export { readModel } from './read-model.ts'
export { readYaml } from './read-yaml.ts'
export { type Refusal, refusal } from './refusal.ts'
export type { ReleaseImage, ReleaseImages } from './release-image.ts'
export { currentRelease } from './release-record.ts'
export type { CurrentRelease, ReleaseRequest, ReleaseTimes } from './release-request.ts'
export type { ReleaseEntry } from './render-release.ts'
export { type Route, routeLine } from './route-line.ts'
export { findProject } from './running-project.ts'
export {
  type Health,
  type HealthChoice,
  healthLine,
  type StrategyChoice,
  type SwitchTarget,
  strategyLine,
  switchLine,
} from './service-lines.ts'
export { type Slot, slotAlias, streamAlias } from './service-names.ts'
export { namedForSwitch, type Switching } from './service-ports.ts'
export { type SplitModels, split } from './split.ts'
export type { SplitRequest } from './split-request.ts'
export type { StoredFile } from './stored-files.ts'
export { chooseStrategies, type LiveService, type Strategies, type Strategy, type StrategyOptions } from './strategies.ts'
export { type VerifyCheck, verifyLine } from './verify-line.ts'
export { inWorkspace, type Workspace, type WorkspaceStat } from './workspace.ts'
