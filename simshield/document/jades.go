package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"mime"
	"strings"
	"time"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// jades is JAdES-B-T (ETSI TS 119 182-1, section 6.3) in flattened serialisation (RFC 7515, section 7.2.2): a compact one has no
// room for the time stamp.
type jades struct{}

func (jades) mediaType() string { return "application/jose+json" }

// protected is the header that is signed. iat is the claimed signing time in place of sigT (section 5.1.11 of V1.2.1).
type protected struct {
	Algorithm   string   `json:"alg"`
	ContentType string   `json:"cty"`
	Issued      int64    `json:"iat"`
	Digest      string   `json:"x5t#S256"`
	Chain       [][]byte `json:"x5c"`
}

// signedJSON is the document.
type signedJSON struct {
	Payload   string      `json:"payload"`
	Protected string      `json:"protected"`
	Header    unprotected `json:"header"`
	Signature string      `json:"signature"`
}

// unprotected carries what was added after the signature (section 5.3.1), each member in base64url.
type unprotected struct {
	EtsiU []string `json:"etsiU"`
}

// signatureStamp is sigTst (section 5.3.4).
type signatureStamp struct {
	SigTst stampContainer `json:"sigTst"`
}

type stampContainer struct {
	Tokens []stampToken `json:"tstTokens"`
}

type stampToken struct {
	Value []byte `json:"val"`
}

func (jades) prepare(o *Order, k *simshield.Key, at time.Time) (draft, error) {
	if k.Algorithm != applet.P256 {
		return draft{}, refuse(simtrust.KindUnprocessable, ReasonKey, "JOSE has no algorithm for the person's key; order cades")
	}
	sum := sha256.Sum256(k.Raw)
	head, err := json.Marshal(protected{Algorithm: "ES256", ContentType: contentType(o.MediaType), Issued: at.Unix(),
		Digest: base64.RawURLEncoding.EncodeToString(sum[:]), Chain: append([][]byte{k.Raw}, along(k)...)})
	return draft{Head: head, Content: o.Content}, err
}

// contentType is a media type as cty has it: "application/" is left out where no other slash follows (RFC 7515, section 4.1.10).
func contentType(media string) string {
	if media == "" {
		return "octet-stream"
	}
	kind, parameters, _ := mime.ParseMediaType(media) // was checked
	if short, ok := strings.CutPrefix(kind, "application/"); ok && len(parameters) == 0 {
		return short
	}
	return media
}

// input is the JWS signing input (RFC 7515, section 5.1).
func (jades) input(d draft) []byte {
	return bytes.Join([][]byte{encode(d.Head), encode(d.Content)}, []byte("."))
}

func (jades) complete(d draft, _ *simshield.Key, s applet.Signature, stamp stamp) ([]byte, error) {
	signature := encode(s[:])
	token, err := stamp(signature) // as it stands in the document
	if err != nil {
		return nil, err
	}
	added, err := json.Marshal(signatureStamp{stampContainer{[]stampToken{{token}}}})
	if err != nil {
		return nil, err
	}
	return json.Marshal(signedJSON{Payload: string(encode(d.Content)), Protected: string(encode(d.Head)), Signature: string(signature),
		Header: unprotected{[]string{string(encode(added))}}})
}

func encode(octets []byte) []byte {
	return base64.RawURLEncoding.AppendEncode(nil, octets)
}
