import { isIP } from 'node:net'
import { apiInputs } from '@deploy-actions/digitalocean'
import { parseHosts, readLookup } from '@deploy-actions/hosts'
import {
  atLeastOne,
  bool,
  duration,
  integer,
  lines,
  Mistake,
  optional,
  type Reader,
  reader,
  secret,
  text,
  UserError,
  type Values,
} from '@deploy-actions/kit'
import { isPublic } from './runner-address.ts'

const hosts: Reader<string[]> = reader((raw) => {
  const found = atLeastOne(lines).read(raw)
  try {
    const written = found.filter((line) => readLookup(line) === undefined)
    parseHosts(written, { user: 'root', port: 22 })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new Mistake(`is wrong: ${error.message}`, error.hint)
  }
  return found
})

const address = reader((raw) => {
  if (isIP(raw) !== 0 && isPublic(raw)) return raw
  throw new Mistake('must be one public IPv4 or IPv6 address', 'Write it like `203.0.113.9`, without a network behind it.')
})

const asked = reader((raw) => {
  const url = URL.parse(text.read(raw))
  const here = url !== null && /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/.test(url.hostname)
  if (url?.protocol === 'https:' || (here && url.protocol === 'http:')) return raw
  throw new Mistake('must be an https address', 'Whoever could change the answer on its way could let himself in.')
})

/** The inputs in the order of action.yml. */
export const inputs = {
  host: hosts,
  'digitalocean-token': secret(text),
  port: integer({ min: 1, max: 65_535 }),
  address: optional(address),
  'address-url': asked,
  timeout: duration({ min: 1000, max: 1_800_000 }),
  'api-url': apiInputs.apiUrl,
  'dry-run': bool,
}

export type AllowInputs = Values<typeof inputs>

/** How DigitalOcean is reached. */
export interface Access {
  readonly token: string
  readonly url: string
}

export const accessOf = ({ digitaloceanToken: token, apiUrl: url }: AllowInputs): Access => ({ token, url })

export const outputs = ['status', 'address', 'firewall-id']
