package usat

import "simtrust/internal/tlv"

// Result is how a handset carried out a command (ETSI TS 102 223 §8.12).
type Result byte

// Results. Only Performed says that everything was done as told.
const (
	Performed  Result = 0x00
	Terminated Result = 0x10 // ended by the person
	Backward   Result = 0x11 // the person wants the one before
	NoResponse Result = 0x12 // from the person
	Busy       Result = 0x20 // the handset cannot at the moment
	NoNetwork  Result = 0x21 // the network cannot at the moment
	Beyond     Result = 0x30 // beyond the handset's capabilities
	NotKnown   Result = 0x32 // command data not understood
)

// noCause is the additional information of [Busy] and [NoNetwork] where there is none to give (ETSI TS 102 223 §8.12.2).
const noCause = 0x00

// Answer is a TERMINAL RESPONSE.
type Answer struct {
	Details
	Result Result
	Text   string // what the person entered; GET INPUT
}

// Append appends the answer. The error is [ErrLength].
func (a Answer) Append(dst []byte) ([]byte, error) {
	dst = appendDevices(a.Details.append(dst), deviceME, deviceUICC)
	result := []byte{byte(a.Result)}
	if a.Result == Busy || a.Result == NoNetwork {
		result = append(result, noCause)
	}
	dst = tlv.AppendComprehension(dst, tagResult, true, result)
	if a.Type != GetInput || a.Result != Performed {
		return dst, nil
	}
	text, err := NewText(a.Text)
	if err != nil || len(text.Octets) >= longest {
		return nil, ErrLength
	}
	return text.append(dst), nil
}

// ParseAnswer reads a TERMINAL RESPONSE.
func ParseAnswer(octets []byte) (Answer, error) {
	f, err := parseFields(octets, tagDetails, tagDevices, tagResult, tagText)
	if err != nil {
		return Answer{}, err
	}
	d, err := f.details()
	if err != nil {
		return Answer{}, err
	}
	if err := f.between(deviceME, deviceUICC); err != nil {
		return Answer{}, err
	}
	if len(f[tagResult]) == 0 {
		return Answer{}, ErrMalformed
	}
	text, err := parseText(f[tagText])
	if err != nil {
		return Answer{}, err
	}
	entered, err := text.Decode()
	return Answer{Details: d, Result: Result(f[tagResult][0]), Text: entered}, err
}
