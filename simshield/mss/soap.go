package mss

import (
	"bytes"
	"encoding/xml"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// operations are the wrappers that requests stand in by the WSDL of TS 102 204; the requests alone are taken too.
var operations = map[string]string{
	"MSS_SignatureReq": "MSS_Signature", "MSS_StatusReq": "MSS_StatusQuery", "MSS_ReceiptReq": "MSS_Receipt", "MSS_ProfileReq": "MSS_ProfileQuery",
	"MSS_RegistrationReq": "MSS_Registration",
}

// parseSOAP reads a request in a SOAP 1.2 envelope without headers, and says whether it stood in its operation.
func parseSOAP(document []byte) (m message, wrapped bool, err error) {
	request, wrapped, err := readEnvelope(document)
	if err != nil {
		return message{}, false, failure(codeWrongParam, "not a request of TS 102 204 in a SOAP 1.2 envelope")
	}
	var b bytes.Buffer
	enc := jsontext.NewEncoder(&b) // refuses what is there twice
	if err := enc.WriteToken(jsontext.BeginObject); err != nil {
		return message{}, false, err
	}
	if err := enc.WriteToken(jsontext.String(request.name.Local)); err != nil {
		return message{}, false, err
	}
	if err := request.json(enc); err != nil {
		return message{}, false, failure(codeWrongParam, "a parameter twice, or of another namespace")
	}
	if err := enc.WriteToken(jsontext.EndObject); err != nil {
		return message{}, false, err
	}
	m, err = parse(b.Bytes())
	return m, wrapped, err
}

func readEnvelope(document []byte) (request *element, wrapped bool, err error) {
	envelope, err := readXML(document)
	if err != nil {
		return nil, false, err
	}
	parts := envelope.children
	if len(parts) == 2 && parts[0].name == soapName("Header") && len(parts[0].children) == 0 {
		parts = parts[1:]
	}
	if envelope.name != soapName("Envelope") || len(parts) != 1 || parts[0].name != soapName("Body") || len(parts[0].children) != 1 {
		return nil, false, errXML
	}
	request = parts[0].children[0]
	if len(request.children) == 1 && operations[request.children[0].name.Local] == request.name.Local {
		return request.children[0], true, nil
	}
	return request, false, nil
}

func soapName(local string) xml.Name { return xml.Name{Space: namespaceSOAP, Local: local} }

// envelope puts a body into a SOAP 1.2 envelope, in its operation where the request was.
func envelope(body []byte, operation string) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + `<soap:Envelope xmlns:soap="` + namespaceSOAP + `"><soap:Body>`)
	if operation != "" {
		b.WriteString("<" + operation + ">")
	}
	b.Write(body)
	if operation != "" {
		b.WriteString("</" + operation + ">")
	}
	b.WriteString(`</soap:Body></soap:Envelope>`)
	return b.Bytes()
}

// soap is the fault as SOAP 1.2 has it (part 1, section 5.4).
func (f *fault) soap() []byte {
	var b strings.Builder
	b.WriteString(`<soap:Fault><soap:Code><soap:Value>soap:` + f.role() + `</soap:Value><soap:Subcode><soap:Value xmlns:mss="` + Namespace + `">mss:_` +
		strconv.Itoa(f.code) + `</soap:Value></soap:Subcode></soap:Code><soap:Reason><soap:Text xml:lang="en">` + names[f.code] + `</soap:Text></soap:Reason>`)
	if f.detail != "" {
		b.WriteString(`<soap:Detail><detail xmlns="` + Namespace + `">`)
		_ = xml.EscapeText(&b, []byte(f.detail)) // a builder takes everything
		b.WriteString(`</detail></soap:Detail>`)
	}
	b.WriteString(`</soap:Fault>`)
	return envelope([]byte(b.String()), "")
}

func (f *fault) role() string {
	if f.sender() {
		return "Sender"
	}
	return "Receiver"
}
