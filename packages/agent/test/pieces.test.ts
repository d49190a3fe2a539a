import { expect, test } from '@jest/globals'
import { pieces } from '../src/pieces.ts'

const lengths = (all: Iterable<Buffer>) => [...all].map((piece) => piece.subarray(0, piece.indexOf('\n')).toString())

test('small parts become one piece, behind its length', () => {
  expect(Buffer.concat([...pieces([Buffer.from('ab'), Buffer.alloc(0), Buffer.from('c')])]).toString()).toBe('3\nabc')
})

test('a large part becomes pieces of 256 KiB and a rest', () => {
  const parts = [Buffer.alloc(1000), Buffer.alloc(600_000), Buffer.alloc(24)]
  expect(lengths(pieces(parts))).toEqual(['262144', '262144', '76736'])
  expect(lengths(pieces([Buffer.alloc(262_144)]))).toEqual(['262144'])
})

test('nothing is no piece', () => {
  expect([...pieces([])]).toEqual([])
})
