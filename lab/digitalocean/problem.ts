/** An answer that is no success, in the form of the API (digitalocean/openapi, specification/shared/responses). */
export class Problem extends Error {
  readonly status: number
  readonly id: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, id: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.id = id
    this.headers = headers
  }
}

export const notFound = (): Problem => new Problem(404, 'not_found', 'The resource you were accessing could not be found.')
export const badRequest = (message: string): Problem => new Problem(400, 'bad_request', message)
