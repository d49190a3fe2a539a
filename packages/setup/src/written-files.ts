/** Where files are written. In tests: a map. */
export interface Folder {
  /** Undefined when nothing is there. */
  read(path: string): Promise<string | undefined>
  write(path: string, text: string, mode: number): Promise<void>
}

export type Fate = 'written' | 'overwritten' | 'the same' | 'left as it is'

export interface WrittenFile {
  readonly path: string
  readonly fate: Fate
}

/** Writes files that are not there; over others only with `force`. Nothing at all in a dry run. */
export async function writeFiles(
  files: ReadonlyMap<string, string>,
  folder: Folder,
  options: { force: boolean; dryRun: boolean },
): Promise<WrittenFile[]> {
  const told: WrittenFile[] = []
  for (const [path, text] of files) {
    const before = await folder.read(path)
    const fate: Fate = before === undefined ? 'written' : before === text ? 'the same' : options.force ? 'overwritten' : 'left as it is'
    if (!options.dryRun && (fate === 'written' || fate === 'overwritten'))
      await folder.write(path, text, path.endsWith('.sh') ? 0o755 : 0o644)
    told.push({ path, fate })
  }
  return told
}
