import { asLines, type Codec, plainNames } from './codec.ts'

/** `EnvironmentFile=` of systemd. Whatever it holds must be Unicode text; line ends stay as they are between double quotes. */
export const systemdCodec: Codec = {
  consumer: "systemd's EnvironmentFile",
  names: plainNames,
  spellings: (value) => [value, `'${value}'`, `"${value.replace(/[\\"`$]/g, '\\$&')}"`, `"${value}"`],
  whyNot: () => 'has a character that is none in Unicode (U+FFFE, U+FDD0 and their like), and systemd then drops the whole file',
  join: asLines,
  parse: parseSystemdEnvFile,
}

const NO_CHARACTER = /\p{Noncharacter_Code_Point}/u

type State =
  | 'before name'
  | 'name'
  | 'before value'
  | 'value'
  | 'escape'
  | 'single'
  | 'double'
  | 'double escape'
  | 'comment'
  | 'comment escape'

/** What a service gets (`parse_env_file_internal` of systemd 252). Names that no variable can have are dropped, as systemd does. */
export function parseSystemdEnvFile(text: string): Map<string, string> {
  const values = new Map<string, string>()
  if (NO_CHARACTER.test(text)) return values
  const machine = new Machine((name, value) => {
    if (plainNames.pattern.test(name)) values.set(name, value)
  })
  for (const character of text) machine.take(character)
  machine.end()
  return values
}

const isLineEnd = (character: string): boolean => character === '\n' || character === '\r'
const isSpace = (character: string): boolean => character === ' ' || character === '\t' || isLineEnd(character)

/** systemd's own states, one character after the other. */
class Machine {
  private state: State = 'before name'
  private name = ''
  private value = ''
  /** Length of the value without the spaces at its end; those are dropped where nothing follows. */
  private solid = 0
  private readonly found: (name: string, value: string) => void

  constructor(found: (name: string, value: string) => void) {
    this.found = found
  }

  take(character: string): void {
    this[STEPS[this.state]](character)
  }

  end(): void {
    if (!['before name', 'name', 'comment', 'comment escape'].includes(this.state)) this.push()
  }

  private push(): void {
    const value = this.state === 'value' ? this.value.slice(0, this.solid) : this.value
    this.found(this.name.replace(/[ \t\n\r]+$/, ''), value)
    this.name = ''
    this.value = ''
    this.solid = 0
    this.state = 'before name'
  }

  private add(text: string): void {
    this.value += text
    this.solid = this.value.length
  }

  beforeName(character: string): void {
    if (character === '#' || character === ';') this.state = 'comment'
    else if (!isSpace(character)) {
      this.state = 'name'
      this.name = character
    }
  }

  inName(character: string): void {
    if (isLineEnd(character)) this.state = 'before name'
    else if (character === '=') this.state = 'before value'
    else this.name += character
  }

  beforeValue(character: string): void {
    if (isLineEnd(character)) this.push()
    else if (character === "'") this.state = 'single'
    else if (character === '"') this.state = 'double'
    else if (character === '\\') this.state = 'escape'
    else if (!isSpace(character)) {
      this.state = 'value'
      this.add(character)
    }
  }

  inValue(character: string): void {
    if (isLineEnd(character)) this.push()
    else if (character === '\\') {
      this.state = 'escape'
      this.solid = this.value.length
    } else if (isSpace(character)) this.value += character
    else this.add(character)
  }

  escaped(character: string): void {
    this.state = 'value'
    if (!isLineEnd(character)) this.add(character)
  }

  inSingle(character: string): void {
    if (character === "'") this.state = 'before value'
    else this.add(character)
  }

  inDouble(character: string): void {
    if (character === '"') this.state = 'before value'
    else if (character === '\\') this.state = 'double escape'
    else this.add(character)
  }

  escapedInDouble(character: string): void {
    this.state = 'double'
    if ('"\\`$'.includes(character)) this.add(character)
    else if (character !== '\n') this.add(`\\${character}`)
  }

  inComment(character: string): void {
    if (character === '\\') this.state = 'comment escape'
    else if (isLineEnd(character)) this.state = 'before name'
  }

  escapedInComment(): void {
    this.state = 'comment'
  }
}

const STEPS = {
  'before name': 'beforeName',
  name: 'inName',
  'before value': 'beforeValue',
  value: 'inValue',
  escape: 'escaped',
  single: 'inSingle',
  double: 'inDouble',
  'double escape': 'escapedInDouble',
  comment: 'inComment',
  'comment escape': 'escapedInComment',
} as const
