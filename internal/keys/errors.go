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
