import type { AssetsChoice } from './assets-line.ts'
import { globalOptions, isLoopback } from './caddy-global.ts'
import { type CaddyOptions, importBefore, importBeside, NO_OPTIONS, optionSnippets } from './caddy-options.ts'
import { block, handle, site } from './caddy-text.ts'
import { type Destination, type Door, type EdgePlan, HTTP_PORT, type Inside, type PathRule, VERIFY_PORT } from './edge-plan.ts'
import { keptMatcher, keptSnippet, keptSnippets } from './kept-assets.ts'
import { type Slot, slotAlias, streamAlias } from './service-names.ts'

export interface CaddyfileRequest {
  readonly project: string
  readonly edge: EdgePlan
  /** Addresses in front of public listeners whose X-Forwarded-* are believed: ranges, or `private_ranges`. */
  readonly trustedProxies: readonly string[]
  /** Paths whose files of kept releases the edge answers when the live slot has them no more. */
  readonly assets?: readonly AssetsChoice[]
  /** Addresses in front of public listeners that say by the PROXY protocol whom they speak for. */
  readonly proxyProtocol?: readonly string[]
  /** For public listeners. */
  readonly options?: CaddyOptions
  /** Hosts are taken out of a balancer in front of public listeners. */
  readonly balancer?: boolean
}

/** Who may say where a request came from: anyone in a private network, or on public listeners only `trusted-proxies`. */
type Trust = 'inside' | 'public'

/**
 * The edge's Caddyfile, for Caddy 2.6.2 and newer. `@CANDIDATE@` stands for the secret that picks the slot which is not live.
 * Which slot is live is asked per request, from the flag file: no reload at a switch.
 */
export function edgeCaddyfile(request: CaddyfileRequest): string {
  const { edge, proxyProtocol = [], options = NO_OPTIONS, balancer = false } = request
  const public_ = destinations(
    [...edge.doors.filter((door) => trustOf(door) === 'public'), ...edge.sites].flatMap(({ rules }) => rules),
    edge,
  )
  const parts = [
    globalOptions(edge, proxyProtocol),
    SLOTS,
    ...(public_.length === 0 ? [] : [...(balancer ? [TAKEN_OUT] : []), MAINTENANCE, ...optionSnippets(options)]),
    ...trustSnippets('inside', ['private_ranges'], edge.inside),
    ...trustSnippets('public', request.trustedProxies, public_),
    ...keptSnippets(request.assets ?? []),
    ...edge.inside.flatMap((to) => serviceSnippets(request, to, 'inside')),
    ...public_.flatMap((to) => serviceSnippets(request, to, 'public')),
    ...edge.inside.map((to) =>
      site(`http://:${to.target}`, `${to.service}, by its names`, ['import slots', `import ${snippet(to, 'inside')}`]),
    ),
    ...edge.doors.map((door) =>
      site(`http://:${door.listen}`, doorComment(door), byPath(door.rules, trustOf(door), { ...options, balancer })),
    ),
    ...edge.sites.map(({ host, rules }) => site(host, 'automatic TLS', byPath(rules, 'public', { ...options, balancer }))),
    ...(proxyProtocol.length === 0 ? [] : plainPort(edge)),
    site(`http://:${VERIFY_PORT}`, 'verification, from within this container only', verification(edge)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** A port on a loopback address is reached by programs of the host alone: a proxy there, whose word on the client counts. */
const trustOf = ({ hostIp }: Door): Trust => (isLoopback(hostIp) ? 'inside' : 'public')

const doorComment = ({ published, hostIp }: Door): string =>
  `published port ${hostIp === undefined ? '' : `${hostIp}:`}${published ?? '(any free one)'}`

/** The listener that sends to https: where the file does not name it, it gets none of the options of listeners. */
function plainPort({ sites, doors }: EdgePlan): string[] {
  if (sites.length === 0 || doors.some(({ listen }) => listen === HTTP_PORT)) return []
  return [site(`http://:${HTTP_PORT}`, 'sends to https', ['respond "No route." 404'])]
}

/** A rename moves the flag from one name to the other in one instant; a request that finds no `green` before it goes to blue, as was right then. The flag `closing` asks clients to come with a new connection the next time: a reload closes those that are idle, and a request may be on its way in one. */
const SLOTS = `# Which slot answers: the candidate for those who know the secret, else the live one. Only the order of use makes these exclusive.
(slots) {
	@candidate-green {
		header X-Deploy-Candidate @CANDIDATE@
		file {
			root /switch
			try_files blue
		}
	}
	@candidate-blue header X-Deploy-Candidate @CANDIDATE@
	@green file {
		root /switch
		try_files green
	}
	@none file {
		root /switch
		try_files none
	}
	@stream expression \`{http.request.header.Upgrade} != "" || {http.request.header.Accept}.contains("text/event-stream")\`
	@closing {
		not header Upgrade *
		file {
			root /switch
			try_files closing
		}
	}
	header @closing Connection close
}`

/**
 * Visitors get 503 as long as the page is there, beside the flag: no reload. Whom it lets through stands in the agent's own file, where there
 * is one (80-commands.sh); a pattern, because it need not be there. The method is exchanged because files are served to GET alone, and a POST has to fail in the same way.
 */
const MAINTENANCE = `(maintenance) {
	@maintenance {
		file {
			root /switch
			try_files maintenance.html
		}
		import /etc/caddy/maintenance-allo?
	}
}

(maintenance-page) {
	header Retry-After 120
	header Cache-Control no-store
	root * /switch
	method GET
	rewrite * /maintenance.html
	file_server {
		status 503
	}
}`

/**
 * The health check of the balancer fails as long as there is a file for its path (66-balancer.sh): no reload, and no word here on which path it is. Visitors who ask
 * for that path come with the balancer's word on who they are, and are answered as ever.
 */
const TAKEN_OUT = `(taken-out) {
	@taken-out {
		not header X-Forwarded-For *
		file {
			root /switch/.out
			try_files {path}.out
		}
	}
}`

/**
 * One for each protocol that services speak. Upstream connections are closed after a second without use: an app that closes them itself must not race with a POST.
 * What cannot be connected is tried again for a second, as long as a container needs that comes back at once. A Caddy built with Go before 1.20, as Debian's 2.6 is,
 * may also give up a look-up of the service's name because another request no longer needs it, and answer 499 (golang/go#55343).
 */
function trustSnippets(trust: Trust, ranges: readonly string[], to: readonly Inside[]): string[] {
  const trusted = ranges.length === 0 ? [] : [`trusted_proxies ${ranges.join(' ')}`]
  const lines = ['header_up -X-Deploy-Candidate', ...trusted, 'lb_try_duration 1s', 'lb_try_interval 100ms']
  const plain = block(`(${trust})`, [...lines, 'transport http {', '\tkeepalive 1s', '}'])
  // Calls of gRPC may speak and listen at once, so nothing waits until there is more of it.
  const h2c = block(`(${trust}-h2c)`, [...lines, 'flush_interval -1', 'transport http {', '\tversions h2c 2', '\tkeepalive 1s', '}'])
  const speaks = (protocol: Inside['protocol']) => to.some((one) => one.protocol === protocol)
  return [...(speaks(undefined) ? [plain] : []), ...(speaks('h2c') ? [h2c] : [])]
}

const snippet = ({ service, target }: Destination, trust: Trust): string => `${service}-${target}-${trust}`

function serviceSnippets(request: CaddyfileRequest, to: Inside, trust: Trust): string[] {
  const name = snippet(to, trust)
  const choice = block('route', [
    ...handle('@candidate-green', [`import ${name}-green`]),
    ...handle('@candidate-blue', [`import ${name}-blue`]),
    ...handle('@green', [`import ${name}-green`]),
    ...handle('@none', ['header Retry-After 2', 'respond "No release is live yet." 503']),
    ...handle('', [`import ${name}-blue`]),
  ])
  return [slotSnippet(request, to, trust, 'blue'), slotSnippet(request, to, trust, 'green'), block(`(${name})`, choice.split('\n'))]
}

/**
 * The agent knows by these lines at which ports a release is dialled, and exchanges those of the slot that is left (60-edge.sh). What it can ask of the
 * edge's Caddy for streams stands in a file of its own, where there is one (61-streams.sh).
 */
function slotSnippet({ project, assets = [] }: CaddyfileRequest, to: Inside, trust: Trust, slot: Slot): string {
  const stream = `reverse_proxy ${streamAlias(project, to.service, slot)}:${to.target} {`
  const plain = `reverse_proxy ${slotAlias(project, to.service, slot)}:${to.target} {`
  const options = to.protocol === undefined ? trust : `${trust}-${to.protocol}`
  const paths = assets.filter(({ service }) => service === to.service).map(({ path }) => `${path}/*`)
  return block(`(${snippet(to, trust)}-${slot})`, [
    ...(paths.length === 0 ? [] : keptMatcher(to.service, paths)),
    ...handle('@stream', [stream, `\timport ${options}`, '\timport /etc/caddy/stream-option?', '}']),
    ...(paths.length === 0 ? [] : handle('@kept', [plain, `\timport ${options}`, `\timport ${keptSnippet(to.service)}`, '}'])),
    ...handle('', [plain, `\timport ${options}`, '}']),
  ])
}

/** Longest path first; anything else is not found. */
function byPath(rules: readonly PathRule[], trust: Trust, options: CaddyOptions & { readonly balancer: boolean }): string[] {
  const handles = rules.flatMap((rule) => handle(rule.path ?? '', [`import ${snippet(rule, trust)}`]))
  const rest = rules.some(({ path }) => path === undefined) ? [] : handle('', ['respond "No route." 404'])
  if (trust === 'inside') return ['import slots', ...block('route', [...handles, ...rest]).split('\n')]
  const out = options.balancer ? handle('@taken-out', ['respond "This host is taken out of its balancer." 503']) : []
  const closed = handle('@maintenance', ['import maintenance-page'])
  const route = block('route', [...out, ...closed, ...importBefore(options), ...handles, ...rest])
  return [
    'import slots',
    ...(options.balancer ? ['import taken-out'] : []),
    'import maintenance',
    ...importBeside(options),
    ...route.split('\n'),
  ]
}

/** Every route over plain http: host names by Host, published ports by the port in Host, port 80 for all others. */
function verification({ sites, doors }: EdgePlan): string[] {
  const others = doors.filter(({ published }) => published !== undefined && published !== '80')
  const cases = [
    ...sites.map(({ host, rules }) => ({ matcher: `host ${host}`, rules })),
    ...others.map(({ published, rules }) => ({ matcher: `header Host *:${Number.parseInt(published ?? '', 10)}`, rules })),
    ...doors.filter(({ published }) => published === '80').map(({ rules }) => ({ matcher: '', rules })),
  ]
  const flat = cases.flatMap(({ matcher, rules }) => rules.map((rule) => ({ matcher, rule })))
  const named = flat.map(({ matcher, rule }, index) => ({ name: `@route-${index + 1}`, lines: matchers(matcher, rule.path), rule }))
  const definitions = named.flatMap(({ name, lines }) => (lines.length === 0 ? [] : block(name, lines).split('\n')))
  const handles = named.flatMap(({ name, lines, rule }) => handle(lines.length === 0 ? '' : name, [`import ${snippet(rule, 'inside')}`]))
  const rest = named.some(({ lines }) => lines.length === 0) ? [] : handle('', ['respond "No route." 404'])
  return ['bind 127.0.0.1', 'import slots', ...definitions, ...block('route', [...handles, ...rest]).split('\n')]
}

const matchers = (matcher: string, path: string | undefined): string[] => [
  ...(matcher === '' ? [] : [matcher]),
  ...(path === undefined ? [] : [`path ${path}`]),
]

/** What the edge dials for these rules, each once. */
function destinations(rules: readonly Destination[], { inside }: EdgePlan): Inside[] {
  return inside.filter((to) => rules.some(({ service, target }) => service === to.service && target === to.target))
}
