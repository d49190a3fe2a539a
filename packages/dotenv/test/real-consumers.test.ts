import { expect, test } from '@jest/globals'
import { codecs, encodeEnvFile, type Format, whyUnwritable } from '../src/index.ts'
import { consumers } from './consumers.ts'
import { everydayValues, nastyValues } from './nasty-values.ts'

const VALUES = [...everydayValues, ...nastyValues(5_000)]
/** Linux takes no more than 2 MB of environment; one process gets this many. */
const BATCH = 1_000

const writable = new Map<Format, (readonly [string, string])[]>()

/** Several consumers share a format. */
function writableIn(format: Format): (readonly [string, string])[] {
  const found =
    writable.get(format) ??
    VALUES.map((value, at) => [`V${at}`, value] as const).filter(([name, value]) => whyUnwritable(format, name, value) === undefined)
  writable.set(format, found)
  return found
}

for (const { format, name, missing, read } of consumers) {
  const fact = (text: string, work: () => Promise<void>) => {
    if (missing === undefined) test(`${name} ${text}`, work, 120_000)
    else if (process.env.CI === 'true') test(`${name} ${text}`, () => Promise.reject(new Error(missing)))
    else test.skip(`${name} ${text} (left out: ${missing})`, work)
  }

  fact(`reads back every one of ${VALUES.length} values that we write`, async () => {
    const writable = writableIn(format)
    for (let from = 0; from < writable.length; from += BATCH) {
      const values = new Map(writable.slice(from, from + BATCH))
      const got = await read(encodeEnvFile(format, values), [...values.keys()])
      expect(got).toEqual(Object.fromEntries(values))
    }
    expect(writable.length).toBeGreaterThan(VALUES.length / 2)
  })

  fact('reads files that people wrote as our parser does', async () => {
    for (const text of handWritten(format)) {
      const ours = codecs[format].parse(text)
      expect({ text, read: await read(text, [...ours.keys()]) }).toEqual({ text, read: Object.fromEntries(ours) })
    }
  })
}

/** What people write in such files, and what only some of the consumers understand. */
function handWritten(format: string): string[] {
  const anywhere = [
    'A=1\nB=2\n',
    '# note\n\nA=1\n#B=2\n',
    'A=\nB=x',
    "A='single # quoted'\n",
    'A="double # quoted"\n',
    'A=1\r\nB="x"\r\n',
    'A=1\nA=2\n',
  ]
  const shells = [
    "A='it'\\''s'\n",
    'A=1 # note\n',
    'export A=1\n',
    'A=x#y\n',
    'A="a\\$"\n',
    'A=a\\ b\n',
    'A=1\nB="$A${A}${NO:-d}"\n',
    'A=1; B=2\n',
  ]
  const others: Readonly<Record<string, readonly string[]>> = {
    shell: shells,
    docker: ['A=a b  \n', '  A=1\n', 'A="x"\n', 'A=x # y\n', '\uFEFFA=1\n', 'A\nB=1\n', 'A= 1\n'],
    dotenv: [
      ...[
        'export A=1\n',
        'A: 1\nB : 2\n',
        'A = 1\n',
        'A=x#y\n',
        'A=1 # note\n',
        "A='it's'\n",
        'A="a\\nb"\n',
        "A='a\\nb'\n",
        'A=`b`\n',
        'A="x\ny"\nB=1\n',
      ],
      ...[
        '\uFEFFA=1\n',
        'A=1\rB=2\r',
        'A="unclosed\nB=1\n',
        "A='\\'\nB='x'\n",
        'A="a\\"b"\n',
        'A="x" y\nB=1\n',
        'A.b-c=1\n',
        '1A=1\n',
        'A=${B}\n',
        'A=1\\\nB=2\n',
      ],
    ],
    'python-dotenv': [
      ...[
        'export A=1\n',
        "'A b'=1\n",
        'A = 1\n',
        'A=x#y\n',
        'A=1 # note\n',
        "A='it\\'s'\n",
        'A="a\\nb\\d"\n',
        "A='a\\nb'\n",
        'A="x\ny"\nB=1\n',
        'A=# x\n',
      ],
      ...[
        '\uFEFFA=1\n',
        'A=1\rB=2\r',
        'A="unclosed\nB=1\n',
        'A="a\\"b"\n',
        'A="x" y\nB=1\n',
        'A\nB=1\n',
        'A=1\nB=${A}-${NO:-d}-${NO}\n',
        "A='${B}'\n",
        'A= # x\n',
        'A="x"# y\n',
        '#=1\nB=2\n',
        '=1\nB=2\n',
      ],
    ],
    systemd: [
      ...[
        'A=a b  \n',
        'A= "x" y\n',
        "A='x\ny'\n",
        'A=x\\\ny\n',
        '; A=1\nB=2\n',
        'A=x # y\n',
        'A=a\\nb\n',
        'A="a\\nb\\"\\$"\n',
        'A="x\\\ny"\n',
        "A='a'b'c'\n",
      ],
      ...[
        'export A=1\nB=2\n',
        'A.b=1\nC=2\n',
        'A=1\rB=2\n',
        "A='unclosed\nB=1\n",
        ' A =1\n',
        'A="a" "b"\n',
        'A=x\\',
        '\uFEFFA=1\nB=2\n',
        'A=\\\nB=1\n',
        'A=x \\\n y\n',
      ],
    ],
    compose: [
      'export A=1\n',
      'A: 1\nB : 2\n',
      'A = 1\n',
      'A=x#y\n',
      'A=1 # note\n',
      "A='it\\'s'\n",
      'A="a\\nb"\n',
      '\uFEFFA=1\n',
      'A=1\nB=$A${A}${NO:-d}\n',
      "A='1' B=2\n",
    ],
  }
  return [...anywhere, ...(others[format] ?? [])]
}
