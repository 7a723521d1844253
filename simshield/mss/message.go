package mss

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// message is one request: exactly one member is there.
type message struct {
	Signature    *signatureReq    `json:"MSS_SignatureReq"`
	Status       *statusReq       `json:"MSS_StatusReq"`
	Receipt      *receiptReq      `json:"MSS_ReceiptReq"`
	Profile      *profileReq      `json:"MSS_ProfileReq"`
	Registration *registrationReq `json:"MSS_RegistrationReq"`
}

// header is what all requests begin with.
type header struct {
	MajorVersion text     `json:"MajorVersion"`
	MinorVersion text     `json:"MinorVersion"`
	AP           apInfo   `json:"AP_Info"`
	MSSP         msspInfo `json:"MSSP_Info"`
}

type apInfo struct {
	ID       string `json:"AP_ID"`
	Password string `json:"AP_PWD"`
	TransID  string `json:"AP_TransID"`
	Instant  string `json:"Instant"`
	URL      string `json:"AP_URL"`
}

type msspInfo struct {
	ID struct {
		URI string `json:"URI"`
	} `json:"MSSP_ID"`
	Instant string `json:"Instant"`
}

type mobileUser struct {
	MSISDN string `json:"MSISDN" xml:"MSISDN"`
}

type data struct {
	MimeType string `json:"MimeType"`
	Encoding string `json:"Encoding"`
	Data     string `json:"Data"`
}

type (
	signatureReq struct {
		header
		Mode         string           `json:"MessagingMode"`
		TimeOut      text             `json:"TimeOut"`
		ValidityDate string           `json:"ValidityDate"`
		MobileUser   mobileUser       `json:"MobileUser"`
		Signed       data             `json:"DataToBeSigned"`
		Displayed    *data            `json:"DataToBeDisplayed"`
		Profile      uri              `json:"SignatureProfile"`
		Format       uri              `json:"MSS_Format"`
		Services     []jsontext.Value `json:"AdditionalServices"`
	}
	statusReq struct {
		header
		TransID string `json:"MSSP_TransID"`
		TimeOut text   `json:"TimeOut"` // an answer does not wait
	}
	receiptReq struct {
		header
		TransID    string         `json:"MSSP_TransID"`
		MobileUser mobileUser     `json:"MobileUser"`
		Message    *data          `json:"Message"`
		Status     jsontext.Value `json:"Status"` // the application's; it changes nothing
	}
	profileReq struct {
		header
		MobileUser mobileUser `json:"MobileUser"`
		Params     string     `json:"Params"` // asks for extensions, which are not given
	}
	registrationReq struct {
		header
		MobileUser mobileUser `json:"MobileUser"`
	}
)

// service is an additional service that is known.
type service struct {
	Description uri  `json:"Description"`
	UserLang    text `json:"UserLang"`
	EventID     text `json:"EventID"`
}

// parse reads a request in JSON. What is not known is refused: it may be what the request depends on.
func parse(body []byte) (message, error) {
	var m message
	if err := json.Unmarshal(body, &m, json.RejectUnknownMembers(true)); err != nil {
		return message{}, failure(codeWrongParam, "not a message of TS 102 204, or with parameters that are not known here")
	}
	found := 0
	for _, there := range []bool{m.Signature != nil, m.Status != nil, m.Receipt != nil, m.Profile != nil, m.Registration != nil} {
		if there {
			found++
		}
	}
	if found != 1 {
		return message{}, failure(codeWrongParam, "one request in a message")
	}
	return m, nil
}

// header returns what the request begins with, and its name without Req.
func (m message) header() (*header, string) {
	switch {
	case m.Signature != nil:
		return &m.Signature.header, "MSS_Signature"
	case m.Status != nil:
		return &m.Status.header, "MSS_Status"
	case m.Receipt != nil:
		return &m.Receipt.header, "MSS_Receipt"
	case m.Profile != nil:
		return &m.Profile.header, "MSS_Profile"
	}
	return &m.Registration.header, "MSS_Registration"
}

// text is a string, a number, or an object with the one member Value: clients differ.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	switch jsontext.Value(b).Kind() {
	case '{':
		var v struct{ Value string }
		err := json.Unmarshal(b, &v, json.RejectUnknownMembers(true))
		*t = text(v.Value)
		return err
	case '0':
		*t = text(b)
		return nil
	}
	return json.Unmarshal(b, (*string)(t))
}

// uri is a string, or an object with the one member mssURI, as XML has it.
type uri string

// UnmarshalJSON implements json.Unmarshaler.
func (u *uri) UnmarshalJSON(b []byte) error {
	if jsontext.Value(b).Kind() != '{' {
		return json.Unmarshal(b, (*string)(u))
	}
	var v struct {
		URI string `json:"mssURI"`
	}
	err := json.Unmarshal(b, &v, json.RejectUnknownMembers(true))
	*u = uri(v.URI)
	return err
}
