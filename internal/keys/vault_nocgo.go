//go:build !cgo || nopkcs11

package keys

const pkcs11Built = false

func sessionLost(error) bool { return false }

func pinRefused(error) bool { return false }
