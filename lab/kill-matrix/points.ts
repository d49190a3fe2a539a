/** A moment of a run at which something dies. */
export interface KillPoint {
  part: 'prepare' | 'switch' | 'finish' | 'rollback'
  name: string
  operation: 'deploy' | 'rollback'
  /** The moment: what the step has just written, or what is so on the host (a condition for its shell), and how long after that. */
  when: { text: string; laterMs?: number } | { host: string }
  /**
   * Which release may serve once the host has settled. Before the switch the old one only, after the verification the new one only; in
   * between an agent that lives verifies on its own, and only one that died leaves it open.
   */
  serves: 'old' | 'new' | 'new if the agent lives' | 'either'
  /** Something beside the switched services changes too, or the images have to be pulled. */
  needs?: 'changed base' | 'pull'
}

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
]
