import { type CaddyDirective, CaddyLinesError, caddyDirectives } from './caddy-lines.ts'
import { block, indent } from './caddy-text.ts'
import { type Refusal, refusal } from './refusal.ts'

/** The input `caddyfile`, taken apart: lines for the public listeners. */
export interface CaddyOptions {
  /** What Caddy takes beside the handling of requests only: matchers, `log`, `handle_errors`. */
  readonly beside: readonly string[]
  /** What a request passes on its way to a service, in the order as written. */
  readonly before: readonly string[]
}

export const NO_OPTIONS: CaddyOptions = { beside: [], before: [] }

/**
 * Reads the input `caddyfile`. DA-CADDYFILE for what could not work, or would take the edge apart. What a directive says is Caddy's to judge, when the release
 * is prepared. Messages have names and line numbers only: the rest may be a password's hash.
 */
export function caddyOptions(text: string): { options: CaddyOptions; refusals: Refusal[] } {
  try {
    const directives = caddyDirectives(text)
    const isBeside = ({ name }: CaddyDirective) => name.startsWith('@') || BESIDE.includes(name)
    return {
      options: {
        beside: directives.filter(isBeside).flatMap(({ lines }) => lines),
        before: directives.filter((one) => !isBeside(one)).flatMap(({ lines }) => lines),
      },
      refusals: [...directives.flatMap((one) => fault(one) ?? []), ...variables(text)],
    }
  } catch (error) {
    if (!(error instanceof CaddyLinesError)) throw error
    return { options: NO_OPTIONS, refusals: [wrong(error.line, error.message, 'Mend that line.')] }
  }
}

/** The snippets `options-beside` and `options-before`, as far as there is something in them. */
export function optionSnippets({ beside, before }: CaddyOptions): string[] {
  return [
    ...(beside.length === 0 ? [] : [block('(options-beside)', beside)]),
    ...(before.length === 0 ? [] : [block('(options-before)', before)]),
  ]
}

export const importBeside = ({ beside }: CaddyOptions): string[] => (beside.length === 0 ? [] : ['import options-beside'])

/** A route of their own: a `handle` among them that answers nothing leaves the request to the routes. */
export const importBefore = ({ before }: CaddyOptions): string[] =>
  before.length === 0 ? [] : ['route {', ...indent(['import options-before']), '}']

const BESIDE = ['log', 'handle_errors']
const OURS = ['@candidate-green', '@candidate-blue', '@green', '@none', '@stream', '@closing', '@maintenance', '@taken-out', '@kept']
const NOT_HERE = ['bind', 'tls']
const ANSWERING = ['abort', 'error', 'file_server', 'php_fastcgi', 'redir', 'respond', 'reverse_proxy']

function fault(directive: CaddyDirective): Refusal | undefined {
  const { name, words, inner, line } = directive
  const first = [name, ...inner]
  if (first.includes('import')) return wrong(line, 'has `import`: the edge has no other file', 'Write those lines here.')
  if (NOT_HERE.includes(name)) return wrong(line, `has \`${name}\`: listeners and certificates come from \`routes\``, 'Remove it.')
  const own = first.find((one) => OURS.includes(one))
  if (own !== undefined) return wrong(line, `defines \`${own}\`, a name that the edge has already`, 'Give that matcher another name.')
  if (name.startsWith('@')) return undefined
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    const hint =
      'Write the directives alone, without an address and braces around them: `routes` has the addresses. For one host alone: `@shop host shop.example.com`.'
    return wrong(line, 'begins a site, a snippet or the global options', hint)
  }
  if (!ANSWERING.includes(name) || /^[@/]/.test(words[0] ?? '')) return undefined
  return wrong(
    line,
    `has \`${name}\` for every request, so none would reach a service`,
    `Give it a path or a matcher: \`${name} /old …\`, \`${name} @old …\`.`,
  )
}

/** The edge has no environment: Caddy would put nothing in their place, and say nothing. */
function variables(text: string): Refusal[] {
  return text
    .split('\n')
    .flatMap((line, index) =>
      /^\s*#/.test(line) || !/\{(\$|env\.)|@CANDIDATE@/.test(line)
        ? []
        : [
            wrong(
              index + 1,
              'takes a value from the environment, and the edge has none',
              'Fill it in here, in the workflow: `${{ vars.… }}`, or `${{ secrets.… }}`.',
            ),
          ],
    )
}

const wrong = (line: number, message: string, hint: string): Refusal =>
  refusal('DA-CADDYFILE', `line ${line} of \`caddyfile\` ${message}`, hint)
