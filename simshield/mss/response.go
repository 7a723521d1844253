package mss

import (
	"cmp"
	"encoding/xml"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// response is every response, in JSON and in XML.
type response struct {
	XMLName xml.Name      `json:"-"`
	Major   string        `json:"MajorVersion" xml:"MajorVersion,attr"`
	Minor   string        `json:"MinorVersion" xml:"MinorVersion,attr"`
	TransID string        `json:"MSSP_TransID,omitempty" xml:"MSSP_TransID,attr,omitempty"`
	AP      apAnswer      `json:"AP_Info" xml:"AP_Info"`
	MSSP    msspAnswer    `json:"MSSP_Info" xml:"MSSP_Info"`
	User    *mobileUser   `json:"MobileUser,omitempty" xml:"MobileUser"`
	Signed  *signed       `json:"MSS_Signature,omitempty" xml:"MSS_Signature"`
	Profile any           `json:"SignatureProfile,omitzero" xml:"SignatureProfile"` // a uri, of profiles that can be asked for a list
	Status  statusElement `json:"Status" xml:"Status"`
}

type (
	apAnswer struct {
		ID      string `json:"AP_ID" xml:"AP_ID,attr"`
		TransID string `json:"AP_TransID" xml:"AP_TransID,attr"`
		Instant string `json:"Instant" xml:"Instant,attr"`
	}
	msspAnswer struct {
		Instant string `json:"Instant" xml:"Instant,attr"`
		ID      struct {
			URI string `json:"URI" xml:"URI"`
		} `json:"MSSP_ID" xml:"MSSP_ID"`
	}
	signed struct {
		Base64 string `json:"Base64Signature" xml:"Base64Signature"`
	}
	statusElement struct {
		Code struct {
			Value string `json:"Value" xml:"Value,attr"`
		} `json:"StatusCode" xml:"StatusCode"`
		Message string `json:"StatusMessage" xml:"StatusMessage"`
		Detail  string `json:"StatusDetail,omitempty" xml:"StatusDetail,omitempty"`
	}
)

// MarshalXML implements xml.Marshaler: a URI stands in an element of its own.
func (u uri) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	return e.EncodeElement(struct {
		URI string `xml:"mssURI"`
	}{string(u)}, start)
}

// reply makes the response to a request of a name, such as MSS_Signature.
func (s *Service) reply(h *header, name string, a answer) response {
	r := response{XMLName: xml.Name{Space: Namespace, Local: name + "Resp"}, Major: cmp.Or(string(h.MajorVersion), "1"), Minor: cmp.Or(string(h.MinorVersion), "1"),
		TransID: a.transID, AP: apAnswer{h.AP.ID, h.AP.TransID, cmp.Or(h.AP.Instant, s.instant())}, Status: statusOf(a.code, "")}
	r.MSSP.Instant, r.MSSP.ID.URI = s.instant(), s.config.ID
	if a.msisdn != "" {
		r.User = &mobileUser{a.msisdn}
	}
	if a.signature != "" {
		r.Signed = &signed{a.signature}
	}
	switch {
	case name == "MSS_Profile":
		r.Profile = a.profiles
	case len(a.profiles) > 0:
		r.Profile = a.profiles[0]
	}
	return r
}

func statusOf(code int, detail string) (s statusElement) {
	s.Code.Value, s.Message, s.Detail = strconv.Itoa(code), names[code], detail
	return s
}

func (s *Service) instant() string { return s.Now().UTC().Format("2006-01-02T15:04:05.000Z") }

// encode writes a response in JSON, or in a SOAP envelope.
func (r response) encode(soap bool, operation string) ([]byte, error) {
	if !soap {
		return json.Marshal(map[string]response{r.XMLName.Local: r})
	}
	body, err := xml.Marshal(r)
	return envelope(body, operation), err
}

// encode writes a fault in JSON, or in a SOAP envelope.
func (f *fault) encode(soap bool) []byte {
	if soap {
		return f.soap()
	}
	var out struct {
		Fault faultElement `json:"Fault"`
	}
	out.Fault.Reason, out.Fault.Detail = names[f.code], f.detail
	out.Fault.Code.Value, out.Fault.Code.Space = f.role(), namespaceSOAP
	out.Fault.Code.Sub.Value, out.Fault.Code.Sub.Space = "_"+strconv.Itoa(f.code), Namespace
	body, _ := json.Marshal(out, jsontext.AllowInvalidUTF8(true)) // strings
	return body
}

// faultElement is a fault in JSON, as clients of Swisscom's service know it.
type faultElement struct {
	Code struct {
		Value string `json:"Value"`
		Space string `json:"ValueNs"`
		Sub   struct {
			Value string `json:"Value"`
			Space string `json:"ValueNs"`
		} `json:"SubCode"`
	} `json:"Code"`
	Reason string `json:"Reason"`
	Detail string `json:"Detail"`
}
