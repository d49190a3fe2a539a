import { type Failure, Unanswered } from './failure.ts'

/** What a code of Node's network says, in words; `{}` is the place that was asked. */
const NETWORK: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens at {} (connection refused)',
  ECONNRESET: 'the connection to {} was cut before the whole answer had come',
  EPIPE: 'the connection to {} was cut while the request was sent',
  EHOSTUNREACH: '{} cannot be reached from here (no route to the host)',
  ENETUNREACH: '{} cannot be reached from here (no route to the network)',
  ETIMEDOUT: '{} does not answer the connection',
}

const NAMES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no name server knows {}',
  EAI_AGAIN: 'the name server does not answer for {}',
}

const TLS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate of {} has expired',
  CERT_NOT_YET_VALID: 'the certificate of {} is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT:
    'the certificate of {} is signed by itself, not by an authority that is trusted here (`tls-ca` trusts another one)',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate of {} comes from an authority that is not trusted here (`tls-ca` trusts another one)',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the server at {} sends its certificate without the ones between it and the authority, or the authority is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'the server at {} sends an incomplete chain of certificates',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the server at {} sends an incomplete chain of certificates, or the authority is not trusted here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate at {} is for other names',
}

/** What an error of Node's network means for a check. */
export function unanswered(error: unknown, url: URL, address?: string): Unanswered {
  if (error instanceof Unanswered) return error
  const code = String((error as NodeJS.ErrnoException).code ?? '')
  const where = address === undefined ? url.host : `${url.host} at ${address}`
  const words = (text: string) => text.replace('{}', where)
  const because = (failure: Failure) => new Unanswered(failure, { cause: error })
  if (code in NETWORK) return because({ cause: 'unhealthy', message: words(NETWORK[code] as string) })
  if (code in NAMES) return because({ cause: 'unhealthy', message: words(NAMES[code] as string).replace(/:\d+$/, ''), surroundings: true })
  if (code in TLS) return because({ cause: 'tls', message: words(TLS[code] as string) + otherNames(error), surroundings: true })
  const said = error instanceof Error ? error.message : String(error)
  if (/^(ERR_SSL|ERR_TLS|CERT_|EPROTO)/.test(code))
    return because({ cause: 'tls', message: `no TLS connection to ${where}: ${lastWords(said)}`, surroundings: true })
  if (code.startsWith('HPE_')) return because({ cause: 'unhealthy', message: `what comes from ${where} is no HTTP: ${said}` })
  return because({ cause: 'unhealthy', message: `${where} could not be asked: ${said}` })
}

function otherNames(error: unknown): string {
  const names = /.*altnames: (.*)$/i.exec((error as Error).message)?.[1]
  return names === undefined ? '' : ` (${names.replaceAll('DNS:', '').slice(0, 200)})`
}

/** OpenSSL's own words stand between colons in the middle of its message. */
const lastWords = (message: string): string => /:([^:]{4,}):[^:]*:\d+:/.exec(message)?.[1] ?? message.split('\n')[0] ?? ''
