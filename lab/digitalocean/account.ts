import { randomUUID } from 'node:crypto'
import { Cipher } from './cipher.ts'
import { badRequest, notFound, Problem } from './problem.ts'
import { componentsIn, type Spec, takeSpec } from './take-spec.ts'
import { type Moment, phaseAt, progressOf, type Script } from './timeline.ts'

/** A deployment as the fake keeps it: its phase follows from the time. */
export interface DeploymentRecord {
  readonly id: string
  readonly spec: Spec
  readonly cause: string
  readonly type: string
  readonly action: string | undefined
  readonly clonedFrom: string | undefined
  readonly previous: string | undefined
  readonly script: Script
  /** Milliseconds. */
  readonly createdAt: number
  /** Ended by somebody, whatever its script says. */
  ended: { readonly phase: string; readonly at: number } | undefined
  /** What the platform does once when it has ended has been done. */
  settled: boolean
}

export interface AppRecord {
  readonly id: string
  readonly cipher: Cipher
  readonly createdAt: number
  readonly projectId: string
  spec: Spec
  updatedAt: number
  /** The newest last. */
  readonly deployments: DeploymentRecord[]
  active: string | undefined
  pinned: string | undefined
  /** What was done to it that nobody wants: ciphers as plain text, secrets that lost their value. */
  readonly damage: string[]
}

export interface AccountOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly normalise: boolean
  /** Where an app is reached. */
  readonly addressOf: (name: string, id: string) => string
}

const ENDS = ['ACTIVE', 'SUPERSEDED', 'ERROR', 'CANCELED']

/** The apps of an account, and what the platform does with them as time goes on. */
export class Account {
  readonly apps: AppRecord[] = []
  /** How the next deployments go, in order; then as usual. */
  readonly scripts: Script[] = []
  /** Digests that the registry does not have any more. */
  readonly missingDigests = new Set<string>()
  /** So many deployments back a rollback is allowed; the number of each tier is unverified. */
  revisionLimit = 10
  readonly #options: AccountOptions

  constructor(options: AccountOptions) {
    this.#options = options
  }

  get now(): number {
    return this.#options.now()
  }

  addressOf(name: string, id: string): string {
    return this.#options.addressOf(name, id)
  }

  find(id: string): AppRecord {
    const app = this.apps.find((one) => one.id === id)
    if (app === undefined) throw notFound()
    this.#settle(app)
    return app
  }

  named(name: string): AppRecord {
    const app = this.apps.find(({ spec }) => spec.name === name)
    if (app === undefined) throw new Error(`the fake has no app ${name}`)
    this.#settle(app)
    return app
  }

  deploymentOf(app: AppRecord, id: string): DeploymentRecord {
    const found = app.deployments.find((one) => one.id === id)
    if (found === undefined) throw notFound()
    return found
  }

  create(given: Spec, projectId = ''): AppRecord {
    if (this.apps.some(({ spec }) => spec.name === given.name)) throw new Problem(409, 'conflict', 'App name already exists')
    this.#refuseTakenDomains(given)
    takeSpec(given, this.#taking(undefined, undefined))
    const cipher = new Cipher()
    const damage: string[] = []
    const spec = takeSpec(given, { ...this.#taking(cipher, undefined), damage: (what) => damage.push(what) })
    const now = this.now
    const app: AppRecord = {
      ...{ id: randomUUID(), cipher, createdAt: now, projectId, spec, updatedAt: now, deployments: [] },
      ...{ active: undefined, pinned: undefined, damage },
    }
    this.apps.push(app)
    this.#deploy(app, { spec, cause: 'initial deployment', type: 'MANUAL', action: 'UPDATE_SPEC' })
    return app
  }

  update(app: AppRecord, given: Spec): DeploymentRecord {
    this.#refusePinned(app)
    if (this.apps.some((one) => one !== app && one.spec.name === given.name)) throw new Problem(409, 'conflict', 'App name already exists')
    this.#refuseTakenDomains(given, app)
    app.spec = takeSpec(given, { ...this.#taking(app.cipher, app.spec), damage: (what) => app.damage.push(what) })
    app.updatedAt = this.now
    return this.#deploy(app, { spec: app.spec, cause: 'app spec updated', type: 'MANUAL', action: 'UPDATE_SPEC' })
  }

  propose(given: Spec, app: AppRecord | undefined): Spec {
    this.#refuseTakenDomains(given, app)
    return takeSpec(given, { ...this.#taking(app?.cipher, app?.spec), proposed: true })
  }

  redeploy(app: AppRecord, action: 'CREATE_DEPLOYMENT' | 'RESTART'): DeploymentRecord {
    this.#refusePinned(app)
    return this.#deploy(app, { spec: app.spec, cause: 'manual', type: 'MANUAL', action })
  }

  cancel(app: AppRecord, deployment: DeploymentRecord): void {
    if (ENDS.includes(this.phaseOf(app, deployment).phase)) throw badRequest('deployment is not in progress')
    deployment.ended = { phase: 'CANCELED', at: this.now }
  }

  /** What the platform would not go back to, and what it doubts (digitalocean/openapi, app_rollback_validation_condition). */
  validateRollback(
    app: AppRecord,
    id: string,
  ): { error?: { code: string; message: string }; warnings: { code: string; message: string }[] } {
    const target = this.deploymentOf(app, id)
    const age = app.deployments.length - 1 - app.deployments.indexOf(target)
    const { phase } = this.phaseOf(app, target)
    const error = (code: string, message: string) => ({ error: { code, message }, warnings: [] })
    if (app.pinned !== undefined) return error('app_pinned', 'the app is pinned')
    if (!['SUPERSEDED', 'ACTIVE'].includes(phase)) return error('incompatible_phase', `the deployment is in phase ${phase}`)
    if (age > this.revisionLimit) return error('exceeded_revision_limit', `only ${this.revisionLimit} revisions are kept`)
    const loose = componentsIn(target.spec).some(({ spec }) => spec.image !== undefined && spec.image.digest === undefined)
    return { warnings: loose ? [{ code: 'image_source_missing_digest', message: 'an image is named by its tag' }] : [] }
  }

  rollback(app: AppRecord, id: string, pin: boolean): DeploymentRecord {
    const { error } = this.validateRollback(app, id)
    if (error !== undefined) throw badRequest(`cannot roll back: ${error.code}`)
    const spec = structuredClone(this.deploymentOf(app, id).spec)
    const made = this.#deploy(app, { spec, cause: 'manual rollback', type: 'MANUAL_ROLLBACK', action: 'ROLLBACK_APP', clonedFrom: id })
    if (pin) app.pinned = made.id
    else app.spec = spec
    return made
  }

  commit(app: AppRecord): void {
    const pinned = app.deployments.find(({ id }) => id === app.pinned)
    if (pinned === undefined) throw badRequest('the app is not pinned')
    app.spec = pinned.spec
    app.pinned = undefined
  }

  revert(app: AppRecord): DeploymentRecord {
    if (app.pinned === undefined) throw badRequest('the app is not pinned')
    app.pinned = undefined
    return this.#deploy(app, { spec: app.spec, cause: 'revert rollback', type: 'MANUAL_ROLLBACK', action: 'REVERT_APP_ROLLBACK' })
  }

  /** Where a deployment stands now. */
  phaseOf(app: AppRecord, deployment: DeploymentRecord): Moment {
    if (deployment.ended !== undefined) return { phase: deployment.ended.phase, failing: deployment.ended.phase === 'ERROR' }
    const moment = phaseAt((this.now - deployment.createdAt) / 1000, deployment.script)
    return moment.phase === 'ACTIVE' && app.active !== undefined && app.active !== deployment.id && deployment.settled
      ? { ...moment, phase: 'SUPERSEDED' }
      : moment
  }

  progressOf(app: AppRecord, deployment: DeploymentRecord): object {
    return progressOf(this.phaseOf(app, deployment), deployment.spec, deployment.script)
  }

  /** A newer deployment ends those that are under way (a rollout was seen CANCELED by one that came 17 s later). */
  #deploy(
    app: AppRecord,
    about: Pick<DeploymentRecord, 'spec' | 'cause' | 'type' | 'action'> & { clonedFrom?: string; previous?: string },
  ) {
    this.#settle(app)
    for (const one of app.deployments) {
      const { phase } = this.phaseOf(app, one)
      if (!ENDS.includes(phase)) one.ended = { phase: phase.startsWith('PENDING') ? 'SUPERSEDED' : 'CANCELED', at: this.now }
    }
    const gone = componentsIn(about.spec).find(({ spec }) => this.missingDigests.has(spec.image?.digest))
    const failure = { component: gone?.name ?? '', stage: 'build', code: 'PreBuiltImage', message: 'manifest unknown' } as const
    const script = this.scripts.shift() ?? {}
    const made: DeploymentRecord = {
      ...about,
      ...{ id: randomUUID(), createdAt: this.now, ended: undefined, settled: false },
      ...{ clonedFrom: about.clonedFrom, previous: about.previous ?? app.active },
      script: gone === undefined ? script : { ...script, fails: failure },
    }
    app.deployments.push(made)
    return made
  }

  /** Everything that has happened by now. */
  #settle(app: AppRecord): void {
    for (const one of [...app.deployments]) {
      const { phase } = this.phaseOf(app, one)
      if (one.settled || !ENDS.includes(phase)) continue
      one.settled = true
      if (phase === 'ACTIVE') app.active = one.id
      const live = app.deployments.find(({ id }) => id === app.active)
      if (phase === 'ERROR' && one.script.autoRollback === true && live !== undefined) {
        const cause = `automated rollback after failed deployment of "${one.id}"`
        const back = { spec: structuredClone(live.spec), cause, type: 'AUTO_ROLLBACK', action: undefined }
        this.#deploy(app, { ...back, clonedFrom: live.id, previous: one.id })
      }
    }
  }

  #refuseTakenDomains(given: Spec, app?: AppRecord): void {
    const names = (spec: Spec): string[] => (spec.domains ?? []).map(({ domain }: Spec) => domain)
    const taken = this.apps.filter((one) => one !== app).flatMap(({ spec }) => names(spec))
    const twice = names(given).find((name) => taken.includes(name))
    if (twice !== undefined)
      throw badRequest(`error validating app spec field "domains": domain "${twice}" is already in use by another app`)
  }

  #refusePinned(app: AppRecord): void {
    // The status and the words of this refusal are unverified.
    if (app.pinned !== undefined) throw badRequest(`the app is pinned to deployment ${app.pinned}`)
  }

  #taking(cipher: Cipher | undefined, before: Spec | undefined) {
    return { cipher, before, proposed: false, normalise: this.#options.normalise, damage: () => undefined }
  }
}
