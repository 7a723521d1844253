package acme

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// jws is a signed request in flattened form (RFC 7515, section 7.2.2; RFC 8555, section 6.2), decoded and not yet verified.
type jws struct {
	header    header
	payload   []byte // empty: POST-as-GET
	input     []byte // what is signed
	signature []byte
}

// header is the protected header.
type header struct {
	Alg   string         `json:"alg"`
	URL   string         `json:"url"`
	Nonce *string        `json:"nonce"`
	KID   string         `json:"kid"`
	JWK   jsontext.Value `json:"jwk"`
	Crit  jsontext.Value `json:"crit"`
	B64   jsontext.Value `json:"b64"`
}

// parseJWS reads a request. An unprotected header, several signatures, members that are there twice and extensions that must be
// understood are refused.
func parseJWS(body []byte) (jws, error) {
	var flat struct {
		Protected *string `json:"protected"`
		Payload   *string `json:"payload"`
		Signature *string `json:"signature"`
	}
	if err := json.Unmarshal(body, &flat, json.RejectUnknownMembers(true)); err != nil || flat.Protected == nil || flat.Payload == nil || flat.Signature == nil {
		return jws{}, malformed("the body is no flattened JWS of protected, payload and signature")
	}
	protected, ok1 := decode(*flat.Protected)
	payload, ok2 := decode(*flat.Payload)
	signature, ok3 := decode(*flat.Signature)
	if !ok1 || !ok2 || !ok3 {
		return jws{}, malformed("a part of the JWS is not base64url without padding")
	}
	m := jws{payload: payload, signature: signature, input: []byte(*flat.Protected + "." + *flat.Payload)}
	if err := json.Unmarshal(protected, &m.header); err != nil {
		return jws{}, malformed("the protected header is no JSON object of the expected members")
	}
	return m, m.header.check()
}

// check holds the header against what every request of RFC 8555 has.
func (h *header) check() error {
	switch {
	case h.Crit != nil || h.B64 != nil:
		return malformed("the protected header has an extension that is not understood")
	case (h.KID == "") == (h.JWK == nil):
		return malformed("the protected header has exactly one of jwk and kid")
	case h.URL == "":
		return malformed("the protected header has no url")
	}
	return nil
}

// key is the key in the header.
func (m *jws) key() (publicKey, error) {
	if m.header.JWK == nil {
		return publicKey{}, malformed("the request is signed with a jwk in its header")
	}
	return parseJWK(m.header.JWK)
}

// verify checks the signature under a key, and that the header's algorithm is the key's.
func (m *jws) verify(key publicKey) error {
	if m.header.Alg != key.algorithm {
		p := newProblem(http.StatusBadRequest, "badSignatureAlgorithm", "the algorithm is not accepted, or not that of the key")
		p.Algorithms = algorithms
		return p
	}
	if !key.verify(m.input, m.signature) {
		return malformed("the signature does not verify")
	}
	return nil
}
