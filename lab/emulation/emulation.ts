import { readFileSync } from 'node:fs'
import { label, prefix } from '../boxes.ts'
import { buildImage, type Say, variants } from '../images.ts'
import { docker, run } from '../shell.ts'
import { withLock } from '../state.ts'

/** Why this kernel cannot emulate; undefined: it can. */
export function whyNoEmulation(): string | undefined {
  const known = readFileSync('/proc/filesystems', 'utf8').includes('\tbinfmt_misc\n')
  return known ? undefined : 'this kernel has no binfmt_misc, which cannot be installed'
}

/** This machine runs programs of arm64, as after docker/setup-qemu-action, until the returned function ends it: the whole machine, not one container. */
export async function emulateArm64(say: Say = () => {}): Promise<() => Promise<void>> {
  const image = await withLock(() => buildImage({ name: 'emulation', base: variants.bookworm.base, folder: 'emulation/image' }, say))
  const name = `${prefix}-emulation`
  const end = async () => {
    await run('docker', ['stop', name])
    await run('docker', ['rm', '-f', name])
  }
  await end()
  const may = [
    '--cap-drop',
    'ALL',
    '--cap-add',
    'SYS_ADMIN',
    '--security-opt',
    'seccomp=unconfined',
    '--security-opt',
    'apparmor=unconfined',
  ]
  await docker(['run', '-d', '--name', name, '--label', `${label}=1`, ...may, image])
  await docker(['exec', name, 'timeout', '10', 'sh', '-c', 'until test -e /ready; do sleep 0.1; done'])
  return end
}
