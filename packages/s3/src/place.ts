/** A bucket of any S3-compatible store, and the key that opens it. */
export interface Place {
  /** Without a path: `https://nyc3.digitaloceanspaces.com`. */
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly accessKey: string
  readonly secretKey: string
  /** Of a key that holds for some hours only. */
  readonly sessionToken?: string | undefined
  /** How the inputs begin by which it was named, for messages; `s3` when left out. */
  readonly inputs?: string
  /** What its key needs, for messages; when left out, what backups need. */
  readonly rights?: string
}

/** As messages name it. */
export const nameOf = ({ endpoint, bucket }: Place): string => `the bucket ${bucket} at ${new URL(endpoint).host}`
