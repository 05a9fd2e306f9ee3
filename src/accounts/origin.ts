/** Where a request comes from. */
export interface Origin {
  readonly address: string
  /** One address; of IPv6 the network of one subscriber. */
  readonly network: string
  readonly userAgent: string | undefined
}
