/** The values that nobody may read, in every form in which they could turn up. */
export interface Secrets {
  /** Registers a secret. Values under 4 characters are not masked: they would blank out half of every log. */
  add(value: string): void
  /**
   * Registers a value that may be a secret or an everyday word, such as a variable for containers: `redactForeign` takes it out, from 8 characters
   * on. It is not announced and not `found`: GitHub would empty every job output with that word in it.
   */
  suspect(value: string): void
  /** The text with each known form of each secret replaced by `***`. */
  redact(text: string): string
  /** The same, and the suspects: for lines that we did not write, such as a container's log. */
  redactForeign(text: string): string
  /** Whether the text contains a known form of a secret. */
  found(text: string): boolean
}

const SHORTEST_WHOLE = 4
const SHORTEST_PART = 8

/**
 * @param announce told once about each form; on GitHub it makes the runner mask it too
 */
export function createSecrets(announce: (form: string) => void = () => undefined): Secrets {
  const forms = new Set<string>()
  const suspects = new Set<string>()
  let pattern: RegExp | undefined
  let foreign: RegExp | undefined
  const matcher = () => {
    pattern ??= anyOf(forms)
    pattern.lastIndex = 0
    return pattern
  }
  const redact = (text: string) => (forms.size === 0 ? text : text.replace(matcher(), '***'))
  return {
    add(value) {
      for (const form of formsOf(value)) {
        if (forms.has(form)) continue
        forms.add(form)
        pattern = undefined
        announce(form)
      }
    },
    suspect(value) {
      for (const form of formsOf(value)) if (form.length >= SHORTEST_PART) suspects.add(form)
      foreign = undefined
    },
    redact,
    redactForeign(text) {
      foreign ??= anyOf(suspects)
      return suspects.size === 0 ? redact(text) : redact(text.replace(foreign, '***'))
    },
    found: (text) => forms.size > 0 && matcher().test(text),
  }
}

/** Matches each of these texts, the longest first: a form inside another must not leave the other's ends visible. */
function anyOf(texts: ReadonlySet<string>): RegExp {
  const longestFirst = [...texts].sort((a, b) => b.length - a.length)
  return new RegExp(longestFirst.map(escapeRegExp).join('|'), 'g')
}

/** Every form that is masked for one secret: whole, by line, JSON, URL, shell quotes, base64 (also inside a longer text). */
export function formsOf(secret: string): string[] {
  const whole = secret.trim()
  if (whole.length < SHORTEST_WHOLE) return []
  const forms = new Set([whole])
  const lines = whole.split(/\r?\n/).map((line) => line.trim())
  for (const line of lines) {
    // The frame of a PEM file is the same in everybody's key and stands in messages of ssh.
    if (line.length >= SHORTEST_PART && !/^-----(BEGIN|END) .*-----$/.test(line)) forms.add(line)
  }
  forms.add(JSON.stringify(whole).slice(1, -1))
  forms.add(whole.replaceAll("'", "'\\''"))
  const url = encodeURIComponent(whole)
  forms.add(url)
  forms.add(url.replaceAll('%20', '+'))
  for (const form of addressForms(whole)) forms.add(form)
  for (const form of base64Forms(secret)) forms.add(form)
  for (const form of base64Forms(whole)) forms.add(form)
  return [...forms]
}

/** As addresses have it, whose parts escape different characters each: a query made by URLSearchParams, a path, a query as it is written, a password. */
function addressForms(whole: string): string[] {
  const address = new URL('http://host/')
  address.pathname = `/${whole}`
  address.search = whole
  address.password = whole
  // In a path that somebody wrote a `?` begins the query.
  const written = ['', '?'].map((before) => new URL(`http://host/${before}${whole}`).href.slice(`http://host/${before}`.length))
  const parts = [address.pathname.slice(1), address.search.slice(1), address.password, ...written]
  return [new URLSearchParams([['', whole]]).toString().slice(1), ...parts].filter((form) => form.length >= whole.length) // a shorter one lost some of it, such as `..`
}

/** What stays the same of the base64 of a text that contains the secret, for each of the three places where it can begin. */
function base64Forms(value: string): string[] {
  const forms: string[] = []
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(value)])
    const shared = Math.ceil((before * 8) / 6) // leading characters that also hold bits of the text before
    const complete = Math.floor((bytes.length * 8) / 6) // later characters also hold bits of the text after
    const form = bytes.toString('base64').slice(shared, complete)
    if (form.length >= SHORTEST_PART) forms.push(form, form.replaceAll('+', '-').replaceAll('/', '_'))
    if (before === 0) forms.push(...(form.match(/.{76}/g) ?? [])) // as the `base64` command breaks it
  }
  return forms
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
