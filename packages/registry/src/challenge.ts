/** One way to log in that a server offers. `scheme` is in lower case, the names of parameters too. */
export interface Challenge {
  scheme: string
  parameters: Readonly<Record<string, string>>
}

/** Reads the header WWW-Authenticate: `Bearer realm="…",service="…", Basic realm="…"`. What cannot be read is left out. */
export function parseChallenges(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  // A parameter is `name=value`; a word without `=` begins the next challenge.
  for (const [, name = '', quoted, token] of header.matchAll(/([\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+)))?/g)) {
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token
    const last = challenges.at(-1)
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} })
    else if (last !== undefined) last.parameters[name.toLowerCase()] = value
  }
  return challenges
}
