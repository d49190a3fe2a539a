import { publicListeners } from './caddy-global.ts'
import type { EdgePlan } from './edge-plan.ts'
import { type Refusal, refusal } from './refusal.ts'
import type { ReleaseRequest } from './release-request.ts'

/** DA-EDGE-NOT-PUBLIC for options of listeners that this release does not have: nobody should believe that they protect something. */
export function visitorRefusals({ caddyfile = '', proxyProtocol = [] }: ReleaseRequest, edge: EdgePlan): Refusal[] {
  if (publicListeners(edge).length > 0) return []
  const given = [...(caddyfile.trim() === '' ? [] : ['caddyfile']), ...(proxyProtocol.length === 0 ? [] : ['proxy-protocol'])]
  const hint =
    'Set this in the proxy in front instead. Or let the edge be public: a line in `routes`, or a published port without `127.0.0.1:`.'
  return given.map((input) =>
    refusal('DA-EDGE-NOT-PUBLIC', `\`${input}\` is given, and the edge has no public route or port that it could be for`, hint),
  )
}
