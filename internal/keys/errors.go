package keys

import "simtrust"

// Reasons of the errors of this package.
const (
	ReasonSecretMissing = "key_secret_missing"  // there is no file with the key-encryption secret
	ReasonSecretUnfit   = "key_secret_unfit"    // the file is too short, too long, or open to others
	ReasonWrongSecret   = "key_secret_wrong"    // the secret does not open the ring
	ReasonDamaged       = "keys_damaged"        // a file of the ring is truncated, changed, missing or in clear
	ReasonTooSoon       = "key_published_late"  // the next key has not been published for Options.Lead yet
	ReasonUnknownKey    = "unknown_key"         // a token names no published key
	ReasonAlgorithm     = "algorithm_forbidden" // a token is not signed with ES256, or needs an extension

	ReasonKeyName      = "key_name_invalid"          // a name of a vault's key has another form
	ReasonKeyExists    = "key_exists"                // the vault has a key of this name already
	ReasonNoKey        = "key_not_found"             // the vault has no key of this name
	ReasonKeyAlgorithm = "key_algorithm_unsupported" // not a key algorithm of the vault, or not one of the token
	ReasonToken        = "key_token_failed"          // the PKCS #11 token cannot be reached, refuses the PIN, or fails
	ReasonNoPKCS11     = "pkcs11_not_built"          // this program was compiled without cgo
	ReasonWrongKey     = "key_pair_mismatch"         // the private key is not that of the certificate
)

func failed(op, msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInternal, Op: op, Msg: msg, Err: err}
}

func broken(reason, msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInternal, Reason: reason, Op: "keys.open", Msg: msg, Err: err}
}

func refused(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: reason, Op: "keys.verify", Msg: msg}
}
