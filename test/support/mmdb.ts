/** A database in MaxMind's format (version 2.0) with places of a few IPv4 networks, for tests. */

type Value = string | number | { readonly [name: string]: Value }

/** `networks`: the first byte of an address to what is known of it. */
export function makeMmdb(networks: Readonly<Record<number, Value>>): Buffer {
  const data: Buffer[] = []
  const offsets = new Map<number, number>()
  let size = 0
  for (const [first, value] of Object.entries(networks)) {
    offsets.set(Number(first), size)
    const encoded = encode(value)
    data.push(encoded)
    size += encoded.length
  }
  // A whole tree of eight levels: node n has the children 2n + 1 and 2n + 2; the last level points at data.
  const nodeCount = 255
  const tree = Buffer.alloc(nodeCount * 6)
  for (let node = 0; node < nodeCount; node++) {
    for (const side of [0, 1]) {
      const child = 2 * node + 1 + side
      const offset = offsets.get(child - nodeCount)
      const record = child < nodeCount ? child : offset === undefined ? nodeCount : nodeCount + 16 + offset
      tree.writeUIntBE(record, node * 6 + side * 3, 3)
    }
  }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_900_000_000,
    database_type: 'Test-City',
    ip_version: 4,
    node_count: nodeCount,
    record_size: 24,
  })
  return Buffer.concat([
    tree,
    Buffer.alloc(16),
    ...data,
    Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'),
    metadata,
  ])
}

function encode(value: Value): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([Buffer.from([0x40 | text.length]), text])
  }
  if (typeof value === 'number') {
    if (Number.isInteger(value) && value >= 0) {
      const bytes = Buffer.alloc(4)
      bytes.writeUInt32BE(value)
      return Buffer.concat([Buffer.from([0xc4]), bytes])
    }
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleBE(value)
    return Buffer.concat([Buffer.from([0x68]), bytes])
  }
  const pairs = Object.entries(value)
  return Buffer.concat([
    Buffer.from([0xe0 | pairs.length]),
    ...pairs.flatMap(([name, member]) => [encode(name), encode(member)]),
  ])
}
