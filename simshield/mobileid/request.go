package mobileid

import (
	"encoding/base64"
	"strings"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/sms"
	"simtrust/simshield/applet"
)

// request is the body of every POST; a certificate needs the first four members only.
type request struct {
	RelyingPartyUUID       string `json:"relyingPartyUUID"`
	RelyingPartyName       string `json:"relyingPartyName"`
	PhoneNumber            string `json:"phoneNumber"`
	NationalIdentityNumber string `json:"nationalIdentityNumber"`
	Hash                   string `json:"hash"`
	HashType               string `json:"hashType"`
	Language               string `json:"language"`
	DisplayText            string `json:"displayText"`
	DisplayTextFormat      string `json:"displayTextFormat"`
}

// parse reads a body. Members that it does not know are ignored (README, section 2.7); duplicate ones and invalid UTF-8 are refused.
func parse(body []byte) (request, error) {
	var q request
	if err := json.Unmarshal(body, &q); err != nil {
		return request{}, invalid("The body must be one JSON object of strings")
	}
	return q, nil
}

// person is who is asked.
type person struct {
	number     simtrust.Number
	nationalID string
}

// order is what is to be signed.
type order struct {
	person
	algorithm applet.HashAlgorithm
	hash      []byte
	language  applet.Language
	text      string
}

func (q request) person() (p person, err error) {
	switch {
	case q.PhoneNumber == "":
		return p, missing("phoneNumber")
	case q.NationalIdentityNumber == "":
		return p, missing("nationalIdentityNumber")
	case !strings.HasPrefix(q.PhoneNumber, "+"):
		return p, errNumber
	}
	if p.number, err = simtrust.ParseNumber(q.PhoneNumber); err != nil {
		return p, errNumber
	}
	p.nationalID = q.NationalIdentityNumber
	return p, nil
}

func (q request) order() (o order, err error) {
	if o.person, err = q.person(); err != nil {
		return o, err
	}
	if o.algorithm, o.hash, err = q.digest(); err != nil {
		return o, err
	}
	if o.language, err = q.language(); err != nil {
		return o, err
	}
	o.text, err = q.text()
	return o, err
}

// digest reads the hash. Its length is that of its type.
func (q request) digest() (applet.HashAlgorithm, []byte, error) {
	switch {
	case q.Hash == "":
		return 0, nil, missing("hash")
	case q.HashType == "":
		return 0, nil, missing("hashType")
	}
	algorithm, ok := hashTypes[q.HashType]
	if !ok {
		return 0, nil, invalid("hashType: SHA256, SHA384 or SHA512")
	}
	hash, err := base64.StdEncoding.Strict().DecodeString(q.Hash)
	if err != nil || strings.ContainsAny(q.Hash, "\r\n") {
		return 0, nil, invalid("Hash must be Base64 encoded")
	}
	if len(hash) != algorithm.Size() {
		return 0, nil, invalid("The length of the hash must match the type of hash")
	}
	return algorithm, hash, nil
}

var (
	hashTypes  = map[string]applet.HashAlgorithm{"SHA256": applet.SHA256, "SHA384": applet.SHA384, "SHA512": applet.SHA512}
	algorithms = map[applet.HashAlgorithm]string{
		applet.SHA256: "SHA256WithECEncryption", applet.SHA384: "SHA384WithECEncryption", applet.SHA512: "SHA512WithECEncryption",
	}
	languages = map[string]applet.Language{
		"ENG": applet.English, "EST": applet.English, "RUS": applet.English, "LIT": applet.English, "ZHO": applet.Chinese,
	}
)

func (q request) language() (applet.Language, error) {
	l, ok := languages[q.Language]
	switch {
	case q.Language == "":
		return 0, missing("language")
	case !ok:
		return 0, invalid("language: EST, ENG, RUS, LIT or ZHO")
	}
	return l, nil
}

// Most places of a displayText: septets of GSM-7, code units of UCS-2.
const (
	maxGSM7 = 100
	maxUCS2 = 50
)

// text reads what is displayed. What its alphabet does not have is refused, not replaced.
func (q request) text() (string, error) {
	alphabet, most := sms.GSM7, maxGSM7
	switch q.DisplayTextFormat {
	case "", "GSM-7":
	case "UCS-2":
		alphabet, most = sms.UCS2, 2*maxUCS2
	default:
		return "", invalid("displayTextFormat: GSM-7 or UCS-2")
	}
	octets, err := alphabet.Append(nil, q.DisplayText)
	switch {
	case err != nil:
		return "", invalid("displayText has characters that displayTextFormat does not have")
	case len(octets) > most:
		return "", invalid("displayText: up to 100 characters of GSM-7, 50 of UCS-2")
	}
	return q.DisplayText, nil
}

func missing(name string) error { return invalid("Required " + name + " is missing") }

var errNumber = invalid("phoneNumber: + and the digits of the number with its country code")
