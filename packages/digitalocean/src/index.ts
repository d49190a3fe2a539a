export { apiInputs, appName, appProblems } from './api-inputs.ts'
export { type App, busyWith, type Deployment, hasEnded, type Progress, type Step } from './app.ts'
export { type AppImages, imagesOfApps } from './app-images.ts'
export { type Applied, type ApplyPorts, type ApplyRequest, applySpec, pinnedTo, type SpecEdit, specRefused } from './apply-spec.ts'
export { Apps, appsOf, type LogType, type Proposal } from './apps.ts'
export { type LogPorts, showLog } from './component-log.ts'
export { type Component, componentNamed, componentsOf, deploysOnPush, envHolders, imageOf, movesBy } from './components.ts'
export { deploymentFailure, supersededBy, whoTookOver } from './deployment-failure.ts'
export { DOCR, docrLogin, Garbage, type GarbageCollection, isCollecting } from './docr.ts'
export { allDroplets, type Droplet, dropletsTagged } from './droplets.ts'
export { envIn, guardSecrets, isEncrypted } from './encrypted.ts'
export { type FailingStep, failingSteps, runningComponents, wasLive } from './failing-steps.ts'
export { ApiRefusal, UnknownResult } from './failures.ts'
export { type AppAddress, findApp, requireApp } from './find-app.ts'
export { FINGERPRINTS, Fingerprints } from './fingerprints.ts'
export {
  allFirewalls,
  covers,
  createFirewall,
  DROPLETS_PER_FIREWALL,
  deleteFirewall,
  type Firewall,
  firewallById,
  isInForce,
  letsEverybodyIn,
  letsIn,
} from './firewalls.ts'
export { type FollowRequest, followDeployment } from './follow-deployment.ts'
export { imageKey, referenceKey, requireSource, sourceOf, wrongForm } from './image-source.ts'
export { imagesLike } from './images-like.ts'
export { findBy, isObject, type Json, type JsonObject, objectsIn, sameJson, textOf } from './json-value.ts'
export { leavesOf } from './leaves.ts'
export { type BalancerHealthCheck, changeMembers, findLoadBalancer, type LoadBalancer, membersOf } from './load-balancers.ts'
export { makeWay, type WayRequest } from './make-way.ts'
export { hours, type ManagedBackup, requireFreshBackup } from './managed-backups.ts'
export { mergeSpecs, replaceSpec } from './merge-specs.ts'
export { type MigrationRequest, setMigration } from './migration-job.ts'
export { readSpec } from './read-spec.ts'
export { chooseTargets, type RollbackTarget } from './rollback-targets.ts'
export { type EnvChanges, type EnvEdit, envChanges, setEnvs } from './set-envs.ts'
export { type Assigned, type ImagesRequest, setImages } from './set-images.ts'
export { type Change, changeInWords, differences, stands } from './spec-difference.ts'
export { plainSecretsOf, substitute } from './substitute.ts'
export { type Fetch, Transport, type TransportOptions } from './transport.ts'
