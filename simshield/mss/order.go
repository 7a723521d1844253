package mss

import (
	"encoding/base64"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/simshield/applet"
)

// Messaging modes.
const (
	modeSynch  = "synch"
	modeClient = "asynchClientServer"
	modeServer = "asynchServerServer"
)

// Formats of signatures.
const (
	formatPKCS7 = Namespace + "PKCS7"
	formatPKCS1 = Namespace + "PKCS1"
)

const (
	// minTimeOut is the shortest time that a person is given.
	minTimeOut = 10 * time.Second
	maxText    = applet.MaxText
	maxData    = 4096
)

// Media types of data to be signed.
const (
	typeText   = "text/plain"
	typeOctets = "application/octet-stream"
	typeSHA256 = "application/x-sha256"
)

// order is a request for a signature that can be asked.
type order struct {
	mode     string
	number   simtrust.Number
	profile  uri
	kind     applet.Kind
	format   uri
	data     []byte
	hashed   bool // data is its SHA-256
	text     string
	language applet.Language
	life     time.Duration // 0: the longest
	url      string
}

// profiles are the signature profiles and the keys that they are: FiCom's of TS 102 206, Swisscom's and Alauda's.
var profiles = map[uri]applet.Kind{
	ficomProfiles + "authentication-profile.xml":      applet.KindLogin,
	ficomProfiles + "signature-profile.xml":           applet.KindDocument,
	ficomProfiles + "digestive-signature-profile.xml": applet.KindDocument,
	ficomProfiles + "consent-profile.xml":             applet.KindDocument,
	"http://mid.swisscom.ch/MID/v1/AuthProfile1":      applet.KindLogin,
	"http://alauda.mobi/digitalSignature":             applet.KindLogin,
	"http://alauda.mobi/nonRepudiation":               applet.KindDocument,
}

const ficomProfiles = "http://mss.ficom.fi/TS102206/v1.0.0/"

// transIDs are those of AP_TransID: NCName, and what begins with a digit.
var transIDs = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$`)

func (s *Service) order(q *signatureReq) (o order, err error) {
	o = order{mode: q.Mode, profile: q.Profile, format: q.Format}
	var ok bool
	if o.kind, ok = profiles[q.Profile]; !ok {
		if q.Profile == "" {
			return o, failure(codeMissingParam, "SignatureProfile")
		}
		return o, failure(codeProfile, "SignatureProfile: not one of this service")
	}
	if o.number, err = q.MobileUser.number(); err != nil {
		return o, err
	}
	for _, read := range []func(*signatureReq) error{o.readMode(s.config.PlainCallbacks), o.readFormat, o.readData, o.readDisplayed, o.readServices, o.readTime(s.Now())} {
		if err := read(q); err != nil {
			return o, err
		}
	}
	return o, nil
}

// number reads an MSISDN: the digits, with or without a plus.
func (u mobileUser) number() (simtrust.Number, error) {
	if u.MSISDN == "" {
		return simtrust.Number{}, failure(codeMissingParam, "MobileUser: MSISDN")
	}
	n, err := simtrust.ParseNumber("+" + strings.TrimPrefix(u.MSISDN, "+"))
	if err != nil {
		return n, failure(codeUnknownClient, "1051: the MSISDN is malformed")
	}
	return n, nil
}

func (o *order) readMode(plain bool) func(*signatureReq) error {
	return func(q *signatureReq) error {
		switch q.Mode {
		case "":
			return failure(codeMissingParam, "MessagingMode")
		case modeSynch, modeClient:
			return nil
		case modeServer:
		default:
			return failure(codeWrongParam, "1013: MessagingMode: synch, asynchClientServer or asynchServerServer")
		}
		u, err := url.Parse(q.AP.URL)
		switch {
		case q.AP.URL == "":
			return failure(codeMissingParam, "AP_URL")
		case err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !plain) || len(q.AP.URL) > 1024:
			return failure(codeWrongParam, "AP_URL: an https URL")
		}
		o.url = q.AP.URL
		return nil
	}
}

func (o *order) readFormat(*signatureReq) error {
	switch o.format {
	case "":
		o.format = formatPKCS7
	case formatPKCS7, formatPKCS1:
	default:
		return failure(codeWrongParam, "1017: MSS_Format: "+formatPKCS7+" or "+formatPKCS1)
	}
	return nil
}

func (o *order) readData(q *signatureReq) (err error) {
	media, err := q.Signed.media()
	if err != nil {
		return err
	}
	if o.data, err = q.Signed.octets(); err != nil {
		return err
	}
	switch media {
	case typeText:
		if !utf8.Valid(o.data) {
			return failure(codeWrongParam, "1016: DataToBeSigned: not UTF-8")
		}
		o.text = string(o.data)
	case typeSHA256:
		if o.format != formatPKCS1 {
			return failure(codeWrongParam, "1017: a hash is signed as PKCS1 only")
		}
		if o.hashed = true; len(o.data) != applet.SHA256.Size() {
			return failure(codeLength, "DataToBeSigned: a SHA-256 has 32 octets")
		}
	case typeOctets:
	default:
		return failure(codeWrongParam, "1016: DataToBeSigned: MimeType")
	}
	return nil
}

// media is the media type; without one it is text.
func (d data) media() (string, error) {
	if d.MimeType == "" {
		return typeText, nil
	}
	media, params, err := mime.ParseMediaType(d.MimeType)
	charset, given := params["charset"]
	if err != nil || given && !strings.EqualFold(charset, "utf-8") {
		return "", failure(codeWrongParam, "1016: MimeType")
	}
	return media, nil
}

func (d data) octets() ([]byte, error) {
	var octets []byte
	switch strings.ToUpper(d.Encoding) {
	case "", "UTF-8":
		octets = []byte(d.Data)
	case "BASE64":
		var err error
		if octets, err = base64.StdEncoding.Strict().DecodeString(d.Data); err != nil || strings.ContainsAny(d.Data, "\r\n") {
			return nil, failure(codeWrongParam, "1016: the data is not base64")
		}
	default:
		return nil, failure(codeWrongParam, "1016: Encoding: UTF-8 or BASE64")
	}
	switch {
	case len(octets) == 0:
		return nil, failure(codeMissingParam, "DataToBeSigned")
	case len(octets) > maxData:
		return nil, failure(codeLength, "more data than a mobile user signs")
	}
	return octets, nil
}

// readDisplayed takes what is shown: what is to be displayed, else the text that is signed.
func (o *order) readDisplayed(q *signatureReq) error {
	if q.Displayed != nil {
		media, err := q.Displayed.media()
		if err != nil || media != typeText {
			return failure(codeWrongParam, "1016: DataToBeDisplayed: text/plain")
		}
		octets, err := q.Displayed.octets()
		if err != nil {
			return err
		}
		o.text = string(octets)
	}
	switch {
	case o.text == "" && o.kind == applet.KindDocument:
		return failure(codeMissingParam, "1021: DataToBeDisplayed")
	case utf8.RuneCountInString(o.text) > maxText:
		return failure(codeLength, "what is displayed has at most 100 characters")
	}
	return nil
}

// Additional services.
const (
	serviceEventID  = "http://mss.ficom.fi/TS102204/v1.0.0#eventId"
	serviceUserLang = "http://mss.ficom.fi/TS102204/v1.0.0#userLang"
)

var eventIDs = regexp.MustCompile(`^[A-Za-z0-9]{4,8}$`)

// readServices takes the user's language and the event id, which is shown in front of the text. Languages other than Chinese get English
// headings.
func (o *order) readServices(q *signatureReq) error {
	for _, raw := range q.Services {
		var known struct {
			Description uri `json:"Description"`
		}
		if json.Unmarshal(raw, &known) != nil || known.Description != serviceEventID && known.Description != serviceUserLang {
			return failure(codeWrongParam, "1014: a service that is not known here")
		}
		var one service
		if err := json.Unmarshal(raw, &one, json.RejectUnknownMembers(true)); err != nil {
			return failure(codeWrongParam, "AdditionalServices")
		}
		switch {
		case known.Description == serviceUserLang && len(one.UserLang) == 2:
			if !strings.EqualFold(string(one.UserLang), "zh") {
				o.language = applet.English
			}
		case known.Description == serviceEventID && eventIDs.MatchString(string(one.EventID)):
			o.text = strings.TrimSpace(string(one.EventID) + " " + o.text)
		default:
			return failure(codeWrongParam, "AdditionalServices: an event id has 4 to 8 letters and digits, a language 2 letters")
		}
	}
	return nil
}

func (o *order) readTime(now time.Time) func(*signatureReq) error {
	return func(q *signatureReq) error {
		switch {
		case q.TimeOut != "" && q.ValidityDate != "":
			return failure(codeWrongParam, "TimeOut or ValidityDate")
		case q.TimeOut != "":
			seconds, err := strconv.ParseUint(string(q.TimeOut), 10, 31)
			if err != nil {
				return failure(codeWrongParam, "TimeOut: seconds")
			}
			o.life = max(time.Duration(seconds)*time.Second, minTimeOut)
		case q.ValidityDate != "":
			until, err := time.Parse(time.RFC3339, q.ValidityDate)
			if err != nil || !until.After(now) {
				return failure(codeWrongParam, "ValidityDate: an instant to come")
			}
			o.life = max(until.Sub(now), minTimeOut)
		}
		return nil
	}
}

// profilesOf returns the profiles that a kind of key is, in order.
func profilesOf(kind applet.Kind) (list []uri) {
	for p, k := range profiles {
		if k == kind {
			list = append(list, p)
		}
	}
	slices.Sort(list)
	return list
}
