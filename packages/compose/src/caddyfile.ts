import type { AssetsChoice } from './assets-line.ts'
import { block, handle, indent, site } from './caddy-text.ts'
import { type Destination, type Door, type EdgePlan, HTTP_PORT, HTTPS_PORT, type PathRule, VERIFY_PORT } from './edge-plan.ts'
import { keptMatcher, keptSnippet, keptSnippets } from './kept-assets.ts'
import { type Slot, slotAlias, streamAlias } from './service-names.ts'

export interface CaddyfileRequest {
  readonly project: string
  readonly edge: EdgePlan
  /** Addresses in front of public listeners whose X-Forwarded-* are believed: ranges, or `private_ranges`. */
  readonly trustedProxies: readonly string[]
  /** Paths whose files of kept releases the edge answers when the live slot has them no more. */
  readonly assets?: readonly AssetsChoice[]
}

/** Who may say where a request came from: anyone in a private network, or on public listeners only `trusted-proxies`. */
type Trust = 'inside' | 'public'

/**
 * The edge's Caddyfile, for Caddy 2.6.2 and newer. `@CANDIDATE@` stands for the secret that picks the slot which is not live.
 * Which slot is live is asked per request, from the flag file: no reload at a switch.
 */
export function edgeCaddyfile(request: CaddyfileRequest): string {
  const { edge } = request
  const outer = [...edge.doors, ...edge.sites].flatMap(({ rules }) => rules)
  const public_ = destinations([...edge.doors.filter((door) => trustOf(door) === 'public'), ...edge.sites].flatMap(({ rules }) => rules))
  const inside = destinations([...edge.inside, ...outer])
  const parts = [
    options(edge),
    SLOTS,
    ...(public_.length === 0 ? [] : [MAINTENANCE]),
    trustSnippet('inside', ['private_ranges']),
    ...(public_.length === 0 ? [] : [trustSnippet('public', request.trustedProxies)]),
    ...keptSnippets(request.assets ?? []),
    ...inside.flatMap((to) => serviceSnippets(request, to, 'inside')),
    ...public_.flatMap((to) => serviceSnippets(request, to, 'public')),
    ...edge.inside.map((to) =>
      site(`http://:${to.target}`, `${to.service}, by its names`, ['import slots', `import ${snippet(to, 'inside')}`]),
    ),
    ...edge.doors.map((door) => site(`http://:${door.listen}`, doorComment(door), byPath(door.rules, trustOf(door)))),
    ...edge.sites.map(({ host, rules }) => site(host, 'automatic TLS', byPath(rules, 'public'))),
    site(`http://:${VERIFY_PORT}`, 'verification, from within this container only', verification(edge)),
  ]
  return `${parts.join('\n\n')}\n`
}

/** A port on a loopback address is reached by programs of the host alone: a proxy there, whose word on the client counts. */
const trustOf = ({ hostIp }: Door): Trust => (/^(127\.|::1$|\[::1\]$)/.test(hostIp ?? '') ? 'inside' : 'public')

const doorComment = ({ published, hostIp }: Door): string =>
  `published port ${hostIp === undefined ? '' : `${hostIp}:`}${published ?? '(any free one)'}`

/** HTTP/3 is off: it would announce the port inside the container. */
function options({ sites }: EdgePlan): string {
  const lines = [
    'admin 127.0.0.1:2019',
    `http_port ${HTTP_PORT}`,
    `https_port ${HTTPS_PORT}`,
    ...(sites.length === 0 ? ['auto_https off'] : []),
  ]
  return [
    '# Written by deploy-actions; the next release writes it anew.',
    '{',
    ...indent([...lines, 'servers {', '\tprotocols h1 h2', '}']),
    '}',
  ].join('\n')
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

/** Upstream connections are closed after a second without use: an app that closes them itself must not race with a POST. */
function trustSnippet(trust: Trust, ranges: readonly string[]): string {
  const trusted = ranges.length === 0 ? [] : [`trusted_proxies ${ranges.join(' ')}`]
  return block(`(${trust})`, ['header_up -X-Deploy-Candidate', ...trusted, 'transport http {', '\tkeepalive 1s', '}'])
}

const snippet = ({ service, target }: Destination, trust: Trust): string => `${service}-${target}-${trust}`

function serviceSnippets(request: CaddyfileRequest, to: Destination, trust: Trust): string[] {
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

/** The agent knows by these lines at which ports a release is dialled, and exchanges those of the slot that is left (60-edge.sh). */
function slotSnippet({ project, assets = [] }: CaddyfileRequest, to: Destination, trust: Trust, slot: Slot): string {
  const stream = `reverse_proxy ${streamAlias(project, to.service, slot)}:${to.target} {`
  const plain = `reverse_proxy ${slotAlias(project, to.service, slot)}:${to.target} {`
  const paths = assets.filter(({ service }) => service === to.service).map(({ path }) => `${path}/*`)
  return block(`(${snippet(to, trust)}-${slot})`, [
    ...(paths.length === 0 ? [] : keptMatcher(to.service, paths)),
    ...handle('@stream', [stream, `\timport ${trust}`, '\tflush_interval -1', '}']),
    ...(paths.length === 0 ? [] : handle('@kept', [plain, `\timport ${trust}`, `\timport ${keptSnippet(to.service)}`, '}'])),
    ...handle('', [plain, `\timport ${trust}`, '}']),
  ])
}

/** Longest path first; anything else is not found. */
function byPath(rules: readonly PathRule[], trust: Trust): string[] {
  const handles = rules.flatMap((rule) => handle(rule.path ?? '', [`import ${snippet(rule, trust)}`]))
  const rest = rules.some(({ path }) => path === undefined) ? [] : handle('', ['respond "No route." 404'])
  if (trust === 'inside') return ['import slots', ...block('route', [...handles, ...rest]).split('\n')]
  const closed = handle('@maintenance', ['import maintenance-page'])
  return ['import slots', 'import maintenance', ...block('route', [...closed, ...handles, ...rest]).split('\n')]
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

function destinations(all: readonly Destination[]): Destination[] {
  const unique = new Map(all.map(({ service, target }) => [`${service}:${target}`, { service, target }]))
  return [...unique.values()]
}
