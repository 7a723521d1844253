package receipt

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxSize bounds a bundle, in octets. Each of its parts has 32 KB, so that no key is too long to be tried.
const (
	MaxSize = 512 << 10
	maxPart = 32 << 10
)

const version = 1

// bundle is a receipt as doc.go describes it. The order of the members is that of the octets.
type bundle struct {
	Version       int            `json:"version"`
	ID            string         `json:"id"`
	Party         string         `json:"party"`
	PartyName     string         `json:"party_name"`
	Kind          string         `json:"kind"`
	Algorithm     string         `json:"algorithm"`
	Request       string         `json:"request,omitzero"`
	JWKS          jsontext.Value `json:"jwks,omitzero"`
	Statement     []byte         `json:"statement,omitempty"`
	Text          string         `json:"text,omitzero"`
	HashAlgorithm string         `json:"hash_algorithm,omitzero"`
	Hash          []byte         `json:"hash,omitempty"`
	Code          string         `json:"verification_code"`
	Issuer        string         `json:"issuer"`
	Certificate   string         `json:"certificate"`
	Card          []byte         `json:"card"`
	Counter       uint64         `json:"counter"`
	Command       []byte         `json:"command"`
	Response      []byte         `json:"response"`
	Created       time.Time      `json:"created"`
	Received      time.Time      `json:"received"`
	Signature     []byte         `json:"signature"`
	SignedData    []byte         `json:"signed_data,omitempty"`
	Certificates  [][]byte       `json:"certificates"`
	Decision      jsontext.Value `json:"decision,omitzero"`
	TimeStamp     []byte         `json:"time_stamp"`
	OCSP          []byte         `json:"ocsp,omitempty"`
	Inclusion     *inclusion     `json:"inclusion,omitzero"`
}

// inclusion proves that the log has the digest of the bundle.
type inclusion struct {
	Index      uint64   `json:"index"`
	Path       [][]byte `json:"path"`
	Checkpoint string   `json:"checkpoint"` // signed note (C2SP tlog-checkpoint)
}

func (b bundle) encode() ([]byte, error) {
	b.Created, b.Received = b.Created.UTC(), b.Received.UTC()
	return json.Marshal(&b)
}

// decode reads a bundle in its one form.
func decode(text []byte) (*bundle, error) {
	if len(text) > MaxSize {
		return nil, invalid(ReasonTooLarge, "more than a receipt has (512 KB)")
	}
	b := &bundle{}
	if err := json.Unmarshal(text, b, json.RejectUnknownMembers(true)); err != nil {
		return nil, invalid(ReasonMalformed, "not a receipt: the JSON is broken, or has a member twice or one that is unknown")
	}
	if !b.fits() {
		return nil, invalid(ReasonTooLarge, "a part is longer than one of a receipt is (32 KB)")
	}
	if b.Version != version {
		return nil, invalid(ReasonMalformed, "a receipt of another version than 1")
	}
	again, err := b.encode()
	if err != nil || !bytes.Equal(again, text) {
		return nil, invalid(ReasonMalformed, "a receipt, but not in its one form: members in order, no spaces, canonical base64 and times")
	}
	return b, nil
}

// fits tells whether the parts that are read further are of a size that is read.
func (b bundle) fits() bool {
	parts := append([][]byte{[]byte(b.Request), b.JWKS, b.Statement, b.Signature, b.SignedData, b.TimeStamp, b.OCSP}, b.Certificates...)
	return !slices.ContainsFunc(parts, func(p []byte) bool { return len(p) > maxPart })
}

// sealed is what the OCSP response has as its nonce: the digest of all that came before it.
func (b bundle) sealed() ([]byte, error) {
	b.OCSP = nil
	return b.logged()
}

// logged is what the transparency log has of the bundle.
func (b bundle) logged() ([]byte, error) {
	b.Inclusion = nil
	text, err := b.encode()
	return Digest(text), err
}

// Digest is what the transparency log has of a bundle: the SHA-256 of its octets as [Notary.Seal] returned them.
func Digest(evidence []byte) []byte {
	sum := sha256.Sum256(evidence)
	return sum[:]
}
