/**
 * A certificate that signs itself, for localhost, files.example and 127.0.0.1, and its key: for servers of tests alone.
 * Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -addext subjectAltName=...`.
 */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBuTCCAV6gAwIBAgIUJjcF2ZtAenHmQ3J1KaOjpJWkBSUwCgYIKoZIzj0EAwIw
GzEZMBcGA1UEAwwQYnJvYWRzaGVldCB0ZXN0czAgFw0yNjExMjQxOTMyMDFaGA8y
MTI2MTAzMTE5MzIwMVowGzEZMBcGA1UEAwwQYnJvYWRzaGVldCB0ZXN0czBZMBMG
ByqGSM49AgEGCCqGSM49AwEHA0IABIP7hMGKab9E4/sDQ/IrIT2aMIlM6v8MIt+0
oMoqmNlbIopffhBo/n625E0hEqwSOJVGWkFXmGkIOCMjVhQeKqOjfjB8MB0GA1Ud
DgQWBBQuRfLhFD10vVAvzAYvHi6RTpEyIjAfBgNVHSMEGDAWgBQuRfLhFD10vVAv
zAYvHi6RTpEyIjAPBgNVHRMBAf8EBTADAQH/MCkGA1UdEQQiMCCCCWxvY2FsaG9z
dIINZmlsZXMuZXhhbXBsZYcEfwAAATAKBggqhkjOPQQDAgNJADBGAiEAydtdYufD
sfZBKQGFYnsFJrBen/EDoe1iZjxFPjdounwCIQCo//1Zzjl2WlWeq2atMX5drYan
0cCRqMR70ckw8paaLg==
-----END CERTIFICATE-----
`
export const certificateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgxK+mAXo7zsQzAAN+
Dg0d5W9V1jIOLVP6UuWHcme1CI2hRANCAASD+4TBimm/ROP7A0PyKyE9mjCJTOr/
DCLftKDKKpjZWyKKX34QaP5+tuRNIRKsEjiVRlpBV5hpCDgjI1YUHiqj
-----END PRIVATE KEY-----
`
