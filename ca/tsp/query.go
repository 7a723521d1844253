package tsp

import (
	"bytes"
	"encoding/asn1"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Hash functions of imprints.
var (
	SHA256 = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	SM3    = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}
)

// Query asks for a time stamp over a digest, under the authority's default policy, with its certificates.
type Query struct {
	Hash   asn1.ObjectIdentifier
	Digest []byte
	// Nonce makes an old answer useless; it must not be empty.
	Nonce []byte
}

// DER is the TimeStampReq (RFC 3161, section 2.4.1).
func (q Query) DER() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(q.Hash) })
			b.AddASN1OctetString(q.Digest)
		})
		b.AddASN1BigInt(q.nonce())
		b.AddASN1Boolean(true)
	})
	return b.BytesOrPanic()
}

func (q Query) nonce() *big.Int { return new(big.Int).SetBytes(q.Nonce) }

// Token returns the token of the TimeStampResp that answers the query, and what it says. The errors are [ReasonRefused], of kind
// unavailable, where the authority gave none, and [ReasonMalformed] where it is not an answer to this query. The signature is not looked
// at.
func (q Query) Token(reply []byte) (Info, []byte, error) {
	s, body, status, token := cryptobyte.String(reply), cryptobyte.String(nil), cryptobyte.String(nil), cryptobyte.String(nil)
	var code int64
	if !s.ReadASN1(&body, tag.SEQUENCE) || !s.Empty() || !body.ReadASN1(&status, tag.SEQUENCE) || !status.ReadASN1Integer(&code) {
		return Info{}, nil, refuse(ReasonMalformed, "not a TimeStampResp in DER")
	}
	if code != granted {
		return Info{}, nil, errRefused
	}
	if !body.ReadASN1Element(&token, tag.SEQUENCE) || !body.Empty() {
		return Info{}, nil, refuse(ReasonMalformed, "a grant without a token")
	}
	info, err := read(token)
	switch {
	case err != nil:
		return Info{}, nil, err
	case !info.Hash.Equal(q.Hash) || !bytes.Equal(info.Digest, q.Digest) || info.nonce == nil || info.nonce.Cmp(q.nonce()) != 0:
		return Info{}, nil, refuse(ReasonMalformed, "a token for another query")
	}
	return info, token, nil
}

// granted is the PKIStatus of an answer with a token; grantedWithMods would be another than the one asked for.
const granted = 0
