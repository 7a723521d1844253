// Package est is the EST face of the certificate authority: devices and services that know HTTP and PKCS#10 enrol and renew by
// themselves, with a name and a password that an officer made for them.
//
// # Standards
//
// RFC 7030 with the clarifications of RFC 8951: /cacerts, /simpleenroll, /simplereenroll and /csrattrs. Bodies are base64, read with
// any line breaks and written in lines of 64. Errors are plain text with the HTTP status that fits.
//
// # Labels
//
// A path below /.well-known/est/{label}/ means the profile of that name, one without a label the configured one. A credential is for
// one profile, and at any other label it is refused.
//
// # Who may have which certificate
//
// A credential authorises names: a common name and every alternative name of a request must be one of them, or below one. The rest
// of the subject is the credential's; a request may repeat it or leave it out. The name * stands for any name and any subject that
// the profile allows: it makes its holder a registration authority. The password is shown once and kept as a SHA-256; it has 256
// random bits, so that no slow hash is needed. An officer can list credentials, with who made each and when it was last used (to the
// minute), and withdraw one: from then on it authenticates nobody, while certificates obtained with it stay valid until revoked.
//
// Renewal goes by the certificate that is renewed, as client certificate of the TLS connection, or by the credential that obtained
// it. Subject and alternative names must be those of the old certificate (RFC 7030, section 4.2.2), which stays valid. Behind a proxy
// that terminates TLS there are no client certificates, and the credential is the way.
//
// # Proof of possession
//
// The CSR's own signature proves that somebody has the key. Linking it to the connection (section 3.5) needs tls-unique, which TLS 1.3
// does not have. A challenge password is therefore taken for linking: where it is the connection's tls-unique the request is
// accepted, and anywhere else it is refused, because what cannot be proven must not look proven. The attributes of RFC 7894 and a
// change of the subject (section 4.2.2) are refused as well. Nothing that a request asks for is dropped in silence.
//
// # What it does not do
//
// Issuance is immediate, so there is no 202. There is no /fullcmc and no /serverkeygen.
package est
