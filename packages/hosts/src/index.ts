export { type Balancer, balancerOf, reach } from './balancer.ts'
export {
  appOf,
  type ConnectionValues,
  connectionInputs,
  connectionProblems,
  fixedHostProblems,
  oneHostProblems,
  type Place,
  placesOf,
  writtenLines,
} from './connection.ts'
export { type LookupPorts, readLookup } from './found-hosts.ts'
export { type Endpoint, type Host, nameOf, parseHost, parseHosts } from './host.ts'
export { hostKeysByFingerprint, parseHostFingerprints } from './host-fingerprints.ts'
export { fingerprintOf, type HostKeys, type KeyVerdict } from './host-keys.ts'
export { type HostedPorts, hostedDroplets, type SshDoor } from './hosted-droplets.ts'
export { hostKeysByKnownHosts, type KnownHost, type KnownHosts, parseKnownHosts } from './known-hosts.ts'
export { LineQueue } from './line-queue.ts'
export { type ConnectOptions, connectSsh, type SshTarget } from './node-ssh.ts'
export { type PrivateKey, readPrivateKey } from './private-key.ts'
export type { Program, Remote, RemoteOptions, Session, UploadEntry } from './remote.ts'
export { anyShell, quote } from './shell-quote.ts'
export { bySudo, sudoProgram } from './sudo.ts'
export { tar, tarOf } from './tar.ts'
