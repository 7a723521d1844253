//go:build !cgo || nopkcs11

package keys

const pkcs11Built = false
