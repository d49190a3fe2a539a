export { Bucket, PART_BYTES, partBytesFor, type Stored } from './bucket.ts'
export { broken } from './failures.ts'
export { nameOf, type Place } from './place.ts'
export type { TransportOptions } from './transport.ts'
