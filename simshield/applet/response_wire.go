package applet

import "simtrust/internal/tlv"

// Append appends the response's octets.
func (r Response) Append(dst []byte) []byte {
	return tlv.AppendBERFunc(dst, tagResponse, func(dst []byte) []byte {
		dst = tlv.AppendBER(dst, fieldID, r.ID[:])
		dst = tlv.AppendBER(dst, fieldKind, []byte{byte(r.Result)})
		dst = tlv.AppendBER(dst, fieldAlgorithm, []byte{r.Tries})
		switch {
		case r.Enrolment != nil:
			dst = tlv.AppendBER(dst, fieldKey, r.Enrolment.PublicKey[:])
			dst = appendText(dst, fieldCode, r.Enrolment.Code)
			dst = tlv.AppendBER(dst, fieldSignature, r.Enrolment.Proof[:])
		case r.Signature != nil:
			dst = tlv.AppendBER(dst, fieldSignature, r.Signature[:])
		}
		return dst
	})
}

// DecodeResponse reads a response. It accepts the octets that Append makes of a response whose parts go with its result, and no
// others. No signature in it is verified.
func DecodeResponse(data []byte) (r Response, err error) {
	tag, f, ok := open(data)
	f.fixed(fieldID, r.ID[:])
	r.Result = Result(f.octet(fieldKind))
	r.Tries = f.octet(fieldAlgorithm)
	switch r.Result {
	case Enrolled:
		r.Enrolment = &Enrolment{}
		f.fixed(fieldKey, r.Enrolment.PublicKey[:])
		r.Enrolment.Code = f.text(fieldCode)
		f.fixed(fieldSignature, r.Enrolment.Proof[:])
	case Signed:
		r.Signature = &Signature{}
		f.fixed(fieldSignature, r.Signature[:])
	}
	if !ok || tag != tagResponse || r.Result > Malformed || !f.done() {
		return Response{}, refuse("response", ReasonMalformed, "not a response of the applet")
	}
	return r, nil
}
