import { firewallById, type Transport } from '@deploy-actions/digitalocean'
import { type Clock, formatDuration, UserError } from '@deploy-actions/kit'

const PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 5_000

/** Waits until firewalls are in force on all their droplets. @throws UserError DA-FIREWALL-PENDING */
export async function inForce(
  ids: readonly string[],
  timeout: number,
  transport: Transport,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<void> {
  const end = clock.now() + timeout
  for (const id of ids)
    for (let pause = PAUSE_MS; ; pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)) {
      const { status, pending } = await firewallById(transport, id)
      if (status === 'succeeded' && pending.length === 0) break
      const where = pending.map(({ dropletId }) => dropletId).join(', ') || 'nobody says which'
      if (status === 'failed') throw notInForce(`DigitalOcean could not put the firewall ${id} in force (droplets: ${where})`)
      if (clock.now() + pause > end)
        throw notInForce(`the firewall ${id} is not in force after ${formatDuration(timeout)} (droplets: ${where})`)
      await clock.sleep(pause, signal)
    }
}

const notInForce = (what: string): UserError =>
  new UserError('DA-FIREWALL-PENDING', what, {
    hint: 'It is deleted again. See status.digitalocean.com, give a longer `timeout`, and run the job again.',
  })
