import { expect, test } from '@jest/globals'
import { readModel } from '../src/index.ts'

const service = (text: object) => readModel(JSON.stringify({ services: { web: text } })).services.web

test('a dollar in a key is written once, because Compose does not interpolate keys; one in a value stays doubled', () => {
  expect(service({ labels: { 'price.$$': '5$$' } })).toEqual({ labels: { 'price.$': '5$$' } })
})

test('devices of blkio_config have keys that Compose reads', () => {
  const printed = {
    blkio_config: { weight_device: [{ Path: '/dev/sda', Weight: 3 }], device_read_bps: [{ Path: '/dev/sda', Rate: '12' }] },
  }
  const read = { blkio_config: { weight_device: [{ path: '/dev/sda', weight: 3 }], device_read_bps: [{ path: '/dev/sda', rate: '12' }] } }
  expect(service(printed)).toEqual(read)
})

test('unlimited swap is a number', () => {
  expect(service({ memswap_limit: '-1', mem_limit: '12' })).toEqual({ memswap_limit: -1, mem_limit: '12' })
})

test('a file without services has none', () => expect(readModel('{"name": "shop"}')).toEqual({ name: 'shop', services: {} }))
