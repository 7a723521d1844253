package receipt

import (
	"context"

	"simtrust/ca/tlog"
)

// Stamper is a time-stamping authority (tsa.Service).
type Stamper interface {
	// Stamp answers a TimeStampReq with a TimeStampResp, both DER (RFC 3161).
	Stamp(ctx context.Context, query []byte) []byte
}

// Statuses is an OCSP responder (status.Service).
type Statuses interface {
	// Fresh answers an OCSPRequest to an issuer by an OCSPResponse (RFC 6960) of what is known now, with the request's nonce. Any error
	// means that it cannot be told.
	Fresh(ctx context.Context, issuer string, request []byte) ([]byte, error)
}

// Log is the transparency log (tlog.Service).
type Log interface {
	// Proof proves the inclusion of a receipt, named by its transaction. The errors are of kind not found, and unavailable while
	// it is on its way.
	Proof(ctx context.Context, id string) (tlog.Proof, error)
}

// Deps is what the notary stands on.
type Deps struct {
	Stamper  Stamper
	Statuses Statuses
	Log      Log
	// CardKey is the secret under which cards are named.
	CardKey []byte
}
