import { messageOf, UserError } from '@deploy-actions/kit'
import { nameOf, type Place } from './place.ts'
import { valueIn } from './xml.ts'

const RIGHTS =
  'It needs s3:PutObject, s3:GetObject and s3:AbortMultipartUpload; for list, restore and prune also s3:ListBucket, and for prune s3:DeleteObject.'
const OBJECT_RIGHTS = 'It needs s3:ListBucket and s3:GetObject; for restore also s3:PutObject, and s3:PutObjectAcl for `objects-acl`.'
const REGION = 'Set `s3-region` to where the bucket lies, and `s3-endpoint` to the store of that region.'

/** With the inputs that named this place. */
const named = ({ inputs = 's3', rights = inputs === 's3' ? RIGHTS : OBJECT_RIGHTS }: Place, hint: string): string =>
  hint.replace(RIGHTS, rights).replaceAll('`s3-', `\`${inputs}-`)

/** By what the store calls it. */
const HINTS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: 'The store does not know `s3-access-key`: it was deleted, or it is one of another store.',
  SignatureDoesNotMatch: '`s3-secret-key` does not belong to `s3-access-key`: give both anew.',
  ExpiredToken: 'The key held for some time only; get it in a step right before this one.',
  RequestTimeTooSkewed: "The clock of this machine is wrong, or the store's.",
  AccessDenied: `The key is known, but may not do this. ${RIGHTS}`,
  AccessControlListNotSupported:
    'This bucket gives no rights to single objects (`acl`): leave it out, and let a rule of the bucket say who may read.',
  NoSuchBucket: 'Make the bucket, or mend `s3-bucket`; of a store with regions also look at `s3-endpoint`.',
  PermanentRedirect: REGION,
  AuthorizationHeaderMalformed: REGION,
  InvalidRegionName: REGION,
}

/** The store understood the question, and says no. */
export function refused(
  place: Place,
  doing: string,
  { status, headers, text }: { status: number; headers: Headers; text: string },
): UserError {
  const code = valueIn(text, 'Code') ?? ''
  const words = [code, valueIn(text, 'Message')].filter(Boolean).join(': ')
  const region = headers.get('x-amz-bucket-region')
  const elsewhere = region !== null && region !== place.region ? ` The bucket lies in ${region}.` : ''
  const general = HINTS[code] ?? (status === 403 || status === 401 ? RIGHTS : status >= 300 && status < 400 ? REGION : undefined)
  return new UserError(
    'DA-STORE-REFUSED',
    `${nameOf(place)} refuses to ${doing} (status ${status}${words === '' ? '' : `, ${words}`})${elsewhere}`,
    {
      ...(general !== undefined && { hint: named(place, general) }),
    },
  )
}

/** Somebody answers well, but not as a store does. */
export const notAStore = (place: Place, text: string): UserError =>
  new UserError(
    'DA-STORE-REFUSED',
    `${nameOf(place)} does not answer as an S3 store: asked for a list, it says "${text.replace(/\s+/g, ' ').trim().slice(0, 60)}"`,
    {
      hint: named(place, `Is \`s3-endpoint\` (${place.endpoint}) the address of the store itself, and not of its web page or of a proxy?`),
    },
  )

/** Nobody answers, or only with errors of its own, however often it was asked. */
export function unreachable(place: Place, doing: string, cause: unknown, tries: number): UserError {
  return new UserError('DA-STORE-UNREACHABLE', `${nameOf(place)} could not ${doing}, in ${tries} tries: ${wordsOf(cause)}`, {
    hint: named(
      place,
      `Is \`s3-endpoint\` right (${place.endpoint}), and does the store answer? The state of most stores is told on a page of theirs.`,
    ),
    cause,
  })
}

/** Somebody changed an object, or the store lost a part of it. */
export const broken = (place: Place, what: string): UserError =>
  new UserError('DA-STORE-BROKEN', `${nameOf(place)}: ${what}`, {
    hint:
      place.inputs === undefined && place.rights === undefined
        ? 'What lies there is no backup. Run it again; when it stays so, do not trust this store.'
        : 'Nothing of it counts. Run it again, at a time at which nobody changes it if it changes all the time.',
  })

/** fetch says only that it failed; why stands in its cause. */
function wordsOf(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  if (inner instanceof Error && inner.name === 'TimeoutError') return 'no answer in time'
  return messageOf(inner) || String((inner as { code?: unknown }).code ?? inner)
}
