//go:build cgo && !nopkcs11

package keys

// pkcs11Built tells whether the kms has PKCS #11, under the condition that the kms itself is built by. It needs cgo.
const pkcs11Built = true
