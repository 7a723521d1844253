// Package peertest has readers that share no code with the authority read what it makes, in end-to-end tests: the scripts in
// testdata, on Node.js, with packages that npm ci installs there.
//
//   - statements.mjs   @peculiar/asn1-x509-qualified-etsi: the qualified certificate statements of an extension
//   - certificate.mjs  @peculiar/x509 and PKI.js: a chain, its lists, and what a certificate says
//   - ocsp.mjs         PKI.js: a status answer
//   - timestamp.mjs    PKI.js: a time stamp
//   - sm2.mjs          sm-crypto: SM2 signatures, one under a request for a certificate too
//   - envelope.mjs     sm-crypto: an enveloped SM2 key
package peertest
