import { UserError } from '@deploy-actions/kit'

/** A file that is encrypted, and cannot be read. The message goes on from its name. */
export class NotOpened extends UserError {
  constructor(why: string, cause?: unknown) {
    super('DA-ENV-ENCRYPTED', why, {
      hint: 'Give the private key (AGE-SECRET-KEY-1…) from a secret as `age-key`. What is for keys of another kind is decrypted in a step of your own and given as `values`.',
      ...(cause !== undefined && { cause }),
    })
  }
}
