import { cpus, loadavg, release, totalmem } from 'node:os'
import type { Stage } from '../scenarios/stage.ts'

/** What the figures depend on. */
export async function machineFacts({ box, lab }: Stage): Promise<Record<string, string | number>> {
  const ask = async (command: string): Promise<string> => (await box.exec(command)).stdout.trim()
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    processors: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(1)),
    kernel: release(),
    node: process.version,
    engine: await ask("docker version --format '{{.Server.Version}}'"),
    compose: await ask('docker compose version --short'),
    edge: await ask(`docker run --rm ${lab.edgeImage} caddy version`),
  }
}
