/** A moment of a run at which something dies. */
export interface KillPoint {
  part: 'prepare' | 'switch' | 'finish' | 'rollback' | 'candidate' | 'adoption' | 'three hosts'
  name: string
  /** `hold`: a deploy that stops with a candidate; `resume`: the step that goes on with one. */
  operation: 'deploy' | 'rollback' | 'hold' | 'resume'
  /** The moment: what the step has just written, or what is so on the host (a condition for its shell), and how long after that. */
  when: { text: string | RegExp; laterMs?: number } | { host: string }
  /**
   * Which release may serve once the host has settled. Before the switch the old one only, after the verification the new one only; in
   * between an agent that lives verifies on its own, and only one that died leaves it open.
   */
  serves: 'old' | 'new' | 'new if the agent lives' | 'either'
  /** Something beside the switched services changes too, the images have to be pulled, or nothing but what was started by hand is there. */
  needs?: 'changed base' | 'pull' | 'by hand'
}

/** The worker's container is not the one that it was: the first look remembers it. */
const workerIsAnother =
  '[ "$(docker ps -aq --no-trunc --filter name=sample-worker-1)" != "${worker:=$(docker ps -aq --no-trunc --filter name=sample-worker-1)}" ]'

const journal = (line: string): string => `grep -qx '${line}' journal 2>/dev/null`

/** In the order in which a run comes by them. */
export const points: KillPoint[] = [
  { part: 'prepare', name: 'the lock is taken', operation: 'deploy', when: { host: '[ -s lock.holder ]' }, serves: 'old' },
  { part: 'prepare', name: 'the release is planned', operation: 'deploy', when: { text: '::group::Plan' }, serves: 'old' },
  { part: 'prepare', name: 'images are pulled', operation: 'deploy', when: { text: 'pulling ' }, serves: 'old', needs: 'pull' },
  { part: 'prepare', name: 'containers are created', operation: 'deploy', when: { text: 'creating the containers of' }, serves: 'old' },
  { part: 'prepare', name: 'containers boot', operation: 'deploy', when: { text: 'to become healthy' }, serves: 'old' },
  {
    part: 'prepare',
    name: 'a second into their boot',
    operation: 'deploy',
    when: { text: 'to become healthy', laterMs: 1000 },
    serves: 'old',
  },
  { part: 'switch', name: 'the release is prepared', operation: 'deploy', when: { text: '::group::Switch and verify' }, serves: 'either' },
  {
    part: 'switch',
    name: 'the journal says switching',
    operation: 'deploy',
    when: { host: journal('phase=switching') },
    serves: 'new if the agent lives',
  },
  {
    part: 'switch',
    name: 'the flag has just changed',
    operation: 'deploy',
    when: { host: '[ "$(ls switch)" != "$before" ]' },
    serves: 'new if the agent lives',
  },
  { part: 'switch', name: 'the new release serves', operation: 'deploy', when: { text: ' serves 2' }, serves: 'new if the agent lives' },
  {
    part: 'switch',
    name: 'it is being verified',
    operation: 'deploy',
    when: { text: ' serves 2', laterMs: 1000 },
    serves: 'new if the agent lives',
  },
  { part: 'switch', name: 'it has been verified', operation: 'deploy', when: { host: journal('verified=yes') }, serves: 'new' },
  { part: 'finish', name: 'the release is final', operation: 'deploy', when: { host: journal('phase=committed') }, serves: 'new' },
  { part: 'finish', name: 'the old slot drains', operation: 'deploy', when: { text: 'draining ' }, serves: 'new' },
  { part: 'finish', name: 'well into the drain', operation: 'deploy', when: { text: 'draining ', laterMs: 200 }, serves: 'new' },
  {
    part: 'finish',
    name: 'the base is applied',
    operation: 'deploy',
    when: { text: 'applying the other services' },
    serves: 'new',
    needs: 'changed base',
  },
  {
    part: 'finish',
    name: 'a changed base service is made anew',
    operation: 'deploy',
    when: { host: workerIsAnother },
    serves: 'new',
    needs: 'changed base',
  },
  { part: 'rollback', name: 'the release is chosen', operation: 'rollback', when: { text: 'Going back' }, serves: 'old' },
  { part: 'rollback', name: 'containers boot', operation: 'rollback', when: { text: 'to become healthy' }, serves: 'old' },
  {
    part: 'rollback',
    name: 'the old release serves again',
    operation: 'rollback',
    when: { text: ' serves 2' },
    serves: 'new if the agent lives',
  },
  { part: 'rollback', name: 'the left slot drains', operation: 'rollback', when: { text: 'draining ' }, serves: 'new' },
  { part: 'candidate', name: 'containers boot', operation: 'hold', when: { text: 'to become healthy' }, serves: 'old' },
  { part: 'candidate', name: 'it waits', operation: 'hold', when: { host: journal('phase=prepared') }, serves: 'old' },
  { part: 'candidate', name: 'it is looked at once more', operation: 'resume', when: { text: 'to become healthy' }, serves: 'old' },
  {
    part: 'candidate',
    name: 'the flag has just changed',
    operation: 'resume',
    when: { host: '[ "$(ls switch)" != "$before" ]' },
    serves: 'new if the agent lives',
  },
]

/** Each of them needs a host of its own that nobody has deployed to, so they are not in the lot that every day's suite draws from. */
export const adoptionPoints: KillPoint[] = [
  { part: 'adoption', name: 'containers boot', operation: 'deploy', when: { text: 'to become healthy' }, serves: 'old', needs: 'by hand' },
  {
    part: 'adoption',
    name: 'the handover begins',
    operation: 'deploy',
    when: { text: 'handing over' },
    serves: 'either',
    needs: 'by hand',
  },
  {
    part: 'adoption',
    name: 'the new release serves',
    operation: 'deploy',
    when: { text: ' serves 2' },
    serves: 'either',
    needs: 'by hand',
  },
  {
    part: 'adoption',
    name: 'the release is final',
    operation: 'deploy',
    when: { host: journal('phase=committed') },
    serves: 'new',
    needs: 'by hand',
  },
]

const onThree = (name: string, when: KillPoint['when'], operation: 'deploy' | 'rollback' = 'deploy'): FleetPoint => ({
  part: 'three hosts',
  ...{ name, operation, when },
})

/** What dies is the second of three, or its connection. It is reached through a wire, and so has this address in the log. */
export type FleetPoint = Omit<KillPoint, 'serves'>
export const fleetPoints: FleetPoint[] = [
  onThree('the release is planned', { text: '::group::Plan' }),
  onThree('its containers boot', { text: /127\.0\.0\.1.*to become healthy/ }),
  onThree('the canary serves', { text: ' serves 2' }),
  onThree('it serves', { text: /127\.0\.0\.1.* serves 2/ }),
  onThree('it has been verified', { host: journal('verified=yes') }),
  onThree('it has said yes', { host: journal('confirmed=yes') }),
  onThree('the release becomes final', { text: '::group::Finish' }),
  onThree('it is final there', { host: journal('phase=committed') }),
  onThree('its old slot drains', { text: /127\.0\.0\.1.*draining / }),
  onThree('rollback: the release is chosen', { text: 'Going back' }, 'rollback'),
  onThree('rollback: the old release serves there', { text: /127\.0\.0\.1.* serves 2/ }, 'rollback'),
]
