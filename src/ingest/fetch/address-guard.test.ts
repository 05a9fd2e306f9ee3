import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { test } from 'node:test'
import {
  guardedLookup,
  isPublicAddress,
  type Lookup,
  literalAddress,
  RefusedAddress,
} from './address-guard.ts'

const refused = [
  ['loopback', '127.0.0.1', '127.255.255.254', '::1'],
  ['this host', '0.0.0.0', '0.1.2.3', '::'],
  ['private', '10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fdff::1'],
  ['cloud metadata', '169.254.169.254', 'fd00:ec2::254', '100.100.100.200'],
  ['link-local', '169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  ['shared by a carrier', '100.64.0.1', '100.127.255.255'],
  ['multicast and broadcast', '224.0.0.1', '239.255.255.250', '255.255.255.255', 'ff02::1'],
  [
    'reserved and for documents',
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.1',
    '240.0.0.1',
    '2001:db8::1',
    '100::1',
    '3fff::1',
  ],
  [
    'IPv4 inside IPv6',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '::127.0.0.1',
    '::7f00:1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001::1',
  ],
  ['no addresses', '', 'localhost', '127.0.0.1.nip.io', '1.2.3.4/0', '1.2.3.4.5', ':::'],
] as const
for (const [kind, ...addresses] of refused) {
  test(`addresses that are ${kind} are not public`, () => {
    for (const address of addresses) assert.equal(isPublicAddress(address), false, address)
  })
}

test('addresses of the public Internet are public', () => {
  for (const address of [
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4007::1',
    '::ffff:8.8.8.8',
  ])
    assert.equal(isPublicAddress(address), true, address)
})

test('a host written as an address is recognised, a name is not', () => {
  assert.equal(literalAddress('127.0.0.1'), '127.0.0.1')
  assert.equal(literalAddress('[::1]'), '::1')
  assert.equal(literalAddress('example.org'), null)
  // Other spellings of numbers are made plain by the URL itself.
  for (const host of ['2130706433', '0x7f.1', '0177.0.0.1', '127.1', '127.0.0.1.'])
    assert.equal(literalAddress(new URL(`http://${host}/`).hostname.replace(/\.$/, '')), '127.0.0.1', host)
})

function lookupOf(...addresses: string[]): Lookup {
  const found: LookupAddress[] = addresses.map((address) => ({
    address,
    family: address.includes(':') ? 6 : 4,
  }))
  const answer = (
    _name: string,
    _options: unknown,
    callback: (error: null, found: LookupAddress[]) => void,
  ) => callback(null, found)
  return answer as unknown as Lookup
}

function resolveWith(lookup: Lookup, options: object): Promise<unknown> {
  return new Promise((resolve, reject) =>
    lookup('name.example', options, (error: unknown, found: unknown) =>
      error ? reject(error as Error) : resolve(found),
    ),
  )
}

test('a lookup hands out public addresses, one or all as asked', async () => {
  const guarded = guardedLookup(lookupOf('8.8.8.8', '2606:4700::1'))
  assert.equal(await resolveWith(guarded, {}), '8.8.8.8')
  assert.deepEqual(await resolveWith(guarded, { all: true }), [
    { address: '8.8.8.8', family: 4 },
    { address: '2606:4700::1', family: 6 },
  ])
})

test('one private answer among public ones refuses them all', async () => {
  for (const addresses of [['127.0.0.1'], ['8.8.8.8', '10.0.0.1'], ['2606:4700::1', '::ffff:192.168.0.1']])
    for (const options of [{}, { all: true }])
      await assert.rejects(resolveWith(guardedLookup(lookupOf(...addresses)), options), RefusedAddress)
})

test('a name without addresses is an error, not a connection', async () => {
  await assert.rejects(resolveWith(guardedLookup(lookupOf()), {}), /no address/)
})
