/** For `NODE_OPTIONS`: makes a program of Node write down at its end what it has used, as JSON of `process.resourceUsage()`. */
export function measuring(file: string): string {
  const code = `import fs from 'node:fs'; process.on('exit', () => fs.writeFileSync(${JSON.stringify(file)}, JSON.stringify(process.resourceUsage())))`
  return `--import=data:text/javascript,${encodeURIComponent(code)}`
}
