import { Mistake, type Reader, reader } from '@deploy-actions/kit'

/** One line of `verify`: asked through the edge right after the switch. */
export interface VerifyCheck {
  readonly url: string
  /** Lower case, without a port. */
  readonly host: string
  /** As written; undefined for the scheme's own. */
  readonly port?: number
  /** With the query. */
  readonly path: string
  readonly scheme: 'http' | 'https'
  /** Like `200,204` or `2xx`. */
  readonly statuses: string
}

const FORM = 'Write it like `https://example.com/health 200`, `http://web:8000/ 2xx` or `https://example.com/login 200,302`.'

/** Reads a line of `verify`: a URL, and the statuses that are right (2xx where none is given). */
export const verifyLine: Reader<VerifyCheck> = reader((line) => {
  const [written = '', statuses = '2xx', ...more] = line.split(/\s+/)
  const url = URL.canParse(written) ? new URL(written) : undefined
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new Mistake('has no http or https URL', FORM)
  if (url.username !== '' || url.hash !== '') throw new Mistake('has a user or a fragment in its URL', FORM)
  if (more.length > 0 || !/^([1-5]xx|[1-5]\d\d)(,([1-5]xx|[1-5]\d\d))*$/.test(statuses)) {
    throw new Mistake('does not end with statuses from 100 to 599', FORM)
  }
  return {
    url: written,
    host: url.hostname,
    ...(url.port === '' ? {} : { port: Number(url.port) }),
    path: `${url.pathname}${url.search}`,
    scheme: url.protocol === 'https:' ? 'https' : 'http',
    statuses,
  }
})
