// Package keys owns the keys this program signs with, and every JWT it signs.
//
// A [Ring] is a directory of ECDSA P-256 keys. Each key goes through three states, with the instant of each change:
//
//	next     published in the JWKS, signs nothing yet, so that relying parties have it before its first signature
//	active   signs; there is exactly one
//	retired  signs nothing, its private key is destroyed; published until it expires, so that what it signed still verifies
//
// [Ring.Rotate] makes next active, retires active and creates a new next. Signing goes on meanwhile, without a lock.
//
// # On disk
//
//	ring.json  the keys: id, state, instants, public key; authenticated (HMAC-SHA256) under a key derived from the root secret
//	KID.key    the private key of a next or active key: PKCS #8 PEM, encrypted
//	root.jwe   the root secret of [Ring.HMAC], encrypted
//	lock       held while the ring is created or rotated
//
// Encrypted means JWE in compact form, dir with A256GCM (RFC 7516, RFC 7518 §4.5 and §5.3), under keys derived (RFC 5869)
// from the key-encryption secret, a file that should lie on another volume than the directory. The secret is not stretched,
// so it must be random; a pass phrase is refused. A private key in clear is refused too. Key ids are RFC 7638 thumbprints, so
// a key cannot be passed off under another's id. The private keys are made and read through the kms interface of go.step.sm/crypto; a hardware
// token (PKCS #11) would be another [store] behind the same ring.
//
// Every file is written to a temporary name, synced and renamed, and ring.json comes last: a crash at any point leaves the
// old ring or the new one, and at worst a key file nothing names, which the next rotation removes.
//
// # Several nodes
//
// The directory belongs to the deployment, not to the node; PostgreSQL does not hold it. All nodes share one directory on a
// volume whose file locks and renames work between them (a local disk, NFSv4, CephFS), or one node rotates and its files are
// replicated to the others, key files before ring.json. A replica's directory is filled before its first start: a node that
// finds an empty directory founds a ring of its own. Each node looks once a second whether ring.json is another file, and at
// once when it meets a key id it does not know, so a rotation on one node needs no restart of the others. A ring.json that
// cannot be read leaves the node on the keys it has, and [Ring.Check] says so.
//
// # The vault
//
// A [Vault] keeps the keys that are never rotated, those of certificate authorities and their delegates, by name: P-256, P-384,
// RSA-3072 and SM2. Soft keys lie in a directory of their own, NAME.key beside root.jwe, sealed as above; the file of one name
// does not open under another. Or they lie in a PKCS #11 token, which needs cgo; SM2 keys, which tokens do not know, then lie
// in the directory beside it. Nothing in a vault is ever overwritten.
//
// A token that was taken out, restarted or cut off is opened again when a key is next used, at most once a second; its keys must be
// the same as before. A PIN that it refuses is not tried again before a restart, since a few wrong ones would lock it.
//
// # What it does not do
//
// The key-encryption secret cannot be changed in place and the root secret never changes: every pairwise subject hangs on
// it, so back up root.jwe and the secret. A ring restored from a backup older than the last rotation takes back the older
// keys; rotate at once.
package keys
