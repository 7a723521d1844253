package handset

import (
	"fmt"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/usat"
)

// Failure causes of an SMS-DELIVER-REPORT (3GPP TS 23.040 §9.2.3.22).
const (
	causeToolkitBusy = 0xd4
	causeDownload    = 0xd5
)

// Report is what the telephone tells the network about a message.
type Report struct {
	TPDU []byte // an SMS-DELIVER-REPORT
	// Failure says that it travels in an RP-ERROR, else in an RP-ACK.
	Failure bool
	// Busy says that the card would not take the message now.
	Busy bool
}

// Deliver hands an SMS-DELIVER for the card to it (3GPP TS 31.111 §7.1.1). What the card asks for after that is for Run or Settle.
func (p *Phone) Deliver(tpdu []byte) (Report, error) {
	octets := usat.AppendDownload(nil, tpdu)
	if len(octets) > 255 {
		return Report{}, fmt.Errorf("handset: a TPDU of %d octets", len(tpdu))
	}
	answer, sw := p.transmit(0x80, 0xc2, 0, 0, octets)
	switch {
	case sw == 0x9300:
		return failure(causeToolkitBusy, nil)
	case !good(sw):
		return failure(causeDownload, answer)
	case len(answer) == 0:
		return success(sms.DeliverReport{})
	}
	report, err := ota.DeliverReport(answer)
	return Report{TPDU: report}, err
}

func success(r sms.DeliverReport) (Report, error) {
	tpdu, err := r.Append(nil)
	return Report{TPDU: tpdu}, err
}

// failure is a report in an RP-ERROR, with what the card answered, if anything.
func failure(cause byte, answer []byte) (Report, error) {
	r := sms.DeliverReport{Cause: cause}
	if packet, err := ota.ReadAnswer(answer); err == nil {
		r.Parameters = sms.Parameters{HasPID: true, PID: sms.PIDForUSIM, HasDCS: true, DCS: sms.DCSForUSIM, HasData: true,
			Data: sms.UserData{Header: sms.Header(answer[:len(answer)-len(packet)]), Body: packet}}
	}
	tpdu, err := r.Append(nil)
	return Report{TPDU: tpdu, Failure: true, Busy: cause == causeToolkitBusy}, err
}
