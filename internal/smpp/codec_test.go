package smpp_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// packet builds one from the hexadecimal octets after its header.
func packet(t testing.TB, c smpp.Command, status smpp.Status, body string) []byte {
	t.Helper()
	b := octets(t, body)
	p := binary.BigEndian.AppendUint32(nil, uint32(smpp.HeaderLength+len(b)))
	p = binary.BigEndian.AppendUint32(p, uint32(c))
	p = binary.BigEndian.AppendUint32(p, uint32(status))
	return append(append(p, 0, 0, 0, 1), b...)
}

func TestWrongLengths(t *testing.T) {
	for name, packet := range map[string]string{
		"nothing":              "",
		"less than a header":   "00000010 00000015 00000000 000000",
		"length 0":             "00000000 00000015 00000000 00000001",
		"length 15":            "0000000F 00000015 00000000 00000001",
		"shorter than it says": "00000011 00000015 00000000 00000001",
		"longer than it says":  "00000010 00000015 00000000 00000001 00",
		"4 GB":                 "FFFFFFFF 00000015 00000000 00000001",
		"2 GB":                 "80000000 00000015 00000000 00000001",
		"a body where none is": "00000011 00000015 00000000 00000001 00",
	} {
		if _, _, err := smpp.Parse(octets(t, packet)); !errors.Is(err, smpp.StatusInvalidCommandLength) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := smpp.ParseHeader(octets(t, "00000041 00000004 00000000 00000001"), 64); !errors.Is(err, smpp.StatusInvalidCommandLength) {
		t.Errorf("beyond the limit: %v", err)
	}
}

func TestWrongBodies(t *testing.T) {
	const (
		head    = "00 00 00 31 00 00 00 32 00 "                // service_type to destination_addr
		rest    = "00 00 00 00 00 00 00 00 00 "                // esm_class to sm_default_msg_id
		message = head + rest + "00 "                          // without octets
		letters = "4141414141414141 4141414141414141 41414141" // 20
	)
	for _, c := range []struct {
		name    string
		command smpp.Command
		body    string
		want    smpp.Status
	}{
		{"empty", smpp.CommandSubmitSM, "", smpp.StatusInvalidServiceType},
		{"service_type without NUL", smpp.CommandSubmitSM, "414141", smpp.StatusInvalidServiceType},
		{"service_type too long", smpp.CommandSubmitSM, "414141414141 00" + message, smpp.StatusInvalidServiceType},
		{"source_addr too long", smpp.CommandSubmitSM, "00 00 00" + letters + "41 00", smpp.StatusInvalidSource},
		{"source_addr without NUL", smpp.CommandSubmitSM, "00 00 00" + letters, smpp.StatusInvalidSource},
		{"source_addr of control characters", smpp.CommandSubmitSM, "00 00 00 0A 00 00 00 32 00" + rest + "00", smpp.StatusInvalidSource},
		{"source_addr beyond ASCII", smpp.CommandDeliverSM, "00 00 00 E9 00 00 00 32 00" + rest + "00", smpp.StatusInvalidSource},
		{"destination_addr too long", smpp.CommandSubmitSM, "00 00 00 31 00 00 00" + letters + "41 00", smpp.StatusInvalidDestination},
		{"schedule of a wrong length", smpp.CommandSubmitSM, head + "00 00 00 3031 00", smpp.StatusInvalidSchedule},
		{"schedule on 30 February", smpp.CommandSubmitSM, head + "00 00 00 32363032333031323030303030303030 2B 00", smpp.StatusInvalidSchedule},
		{"validity without NUL", smpp.CommandSubmitSM, head + "00 00 00 00 3236303133303132303030303030302B", smpp.StatusInvalidExpiry},
		{"message shorter than it says", smpp.CommandSubmitSM, head + rest + "02 41", smpp.StatusInvalidMessageLength},
		{"message of 255 octets", smpp.CommandSubmitSM, head + rest + "FF" + strings.Repeat("41", 255), smpp.StatusInvalidMessageLength},
		{"cut short in the middle", smpp.CommandSubmitSM, head + "00 00", smpp.StatusInvalidCommandLength},
		{"half a parameter", smpp.CommandSubmitSM, message + "0424 00", smpp.StatusInvalidOptions},
		{"parameter beyond the packet", smpp.CommandSubmitSM, message + "0424 0002 41", smpp.StatusInvalidOptions},
		{"parameter of 65535 octets in a small packet", smpp.CommandSubmitSM, message + "0424 FFFF 41", smpp.StatusInvalidOptions},
		{"sar_msg_ref_num of 3 octets", smpp.CommandSubmitSM, message + "020C 0003 000000", smpp.StatusInvalidOptionLength},
		{"sar_total_segments of none", smpp.CommandSubmitSM, message + "020E 0000", smpp.StatusInvalidOptionLength},
		{"message_state of 2 octets", smpp.CommandDeliverSM, message + "0427 0002 0002", smpp.StatusInvalidOptionLength},
		{"receipted_message_id of 66 octets", smpp.CommandDeliverSM, message + "001E 0042" + strings.Repeat("41", 65) + "00", smpp.StatusInvalidOptionLength},
		{"data_sm: esm_class missing", smpp.CommandDataSM, "00 00 00 31 00 00 00 32 00", smpp.StatusInvalidCommandLength},
		{"system_id of 16 characters", smpp.CommandBindTransceiver, "41414141414141414141414141414141 00", smpp.StatusInvalidSystemID},
		{"password of 9 characters", smpp.CommandBindReceiver, "41 00 414141414141414141 00", smpp.StatusInvalidPassword},
		{"system_type of 13 characters", smpp.CommandBindReceiver, "41 00 00 41414141414141414141414141 00", smpp.StatusInvalidSystemType},
		{"address_range of 41 characters", smpp.CommandBindReceiver, "41 00 00 00 34 00 00" + strings.Repeat("31", 41) + "00", smpp.StatusBindFailed},
		{"bind with more", smpp.CommandBindReceiver, "41 00 00 00 34 00 00 00 00", smpp.StatusInvalidCommandLength},
		{"message_id of 65 characters", smpp.CommandQuerySM, strings.Repeat("41", 65) + "00 00 00 00", smpp.StatusInvalidMessageID},
		{"message_id without NUL", smpp.CommandCancelSM, "00 4141", smpp.StatusInvalidMessageID},
		{"submit_sm_resp without a body", smpp.CommandSubmitSM.Response(), "", smpp.StatusInvalidMessageID},
		{"query_sm_resp cut short", smpp.CommandQuerySM.Response(), "41 00 00 02", smpp.StatusInvalidCommandLength},
		{"submit_multi", smpp.CommandSubmitMulti, "00 00 00 00 01 01 00 00 31 00" + rest + "00", smpp.StatusInvalidCommand},
		{"broadcast_sm", 0x111, "", smpp.StatusInvalidCommand},
		{"nothing known", 0x42, "00", smpp.StatusInvalidCommand},
	} {
		_, p, err := smpp.Parse(packet(t, c.command, 0, c.body))
		if !errors.Is(err, c.want) || p != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if wrong := new(smpp.FieldError); !errors.As(err, &wrong) || wrong.Status != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestLimits: what is as long as it may be goes there and back, and one character more is refused before it is sent.
func TestLimits(t *testing.T) {
	at := func(n int) string { return strings.Repeat("7", n) }
	number := func(n int) sms.Address { return sms.Address{Type: sms.International, Plan: sms.E164, Value: at(n)} }
	for _, c := range []struct {
		name  string
		limit int
		make  func(n int) smpp.PDU
	}{
		{"system_id", 15, func(n int) smpp.PDU { return &smpp.Bind{Mode: smpp.Receiver, SystemID: at(n)} }},
		{"password", 8, func(n int) smpp.PDU { return &smpp.Outbind{SystemID: "x", Password: smpp.Secret(at(n))} }},
		{"system_type", 12, func(n int) smpp.PDU { return &smpp.Bind{Mode: smpp.Receiver, SystemType: at(n)} }},
		{"address_range", 40, func(n int) smpp.PDU { return &smpp.Bind{Mode: smpp.Receiver, AddressRange: at(n)} }},
		{"service_type", 5, func(n int) smpp.PDU { return &smpp.SubmitSM{Message: smpp.Message{ServiceType: at(n)}} }},
		{"source_addr", 20, func(n int) smpp.PDU { return &smpp.SubmitSM{Message: smpp.Message{Source: number(n)}} }},
		{"destination_addr", 20, func(n int) smpp.PDU { return &smpp.DeliverSM{Message: smpp.Message{Destination: number(n)}} }},
		{"short_message", 254, func(n int) smpp.PDU { return &smpp.SubmitSM{Message: smpp.Message{Octets: []byte(at(n))}} }},
		{"source_addr of a data_sm", 64, func(n int) smpp.PDU { return &smpp.DataSM{Message: smpp.Message{Source: number(n)}} }},
		{"message_payload", 65535, func(n int) smpp.PDU {
			return &smpp.DataSM{Message: smpp.Message{Options: smpp.Options(nil).With(smpp.TagMessagePayload, []byte(at(n))...)}}
		}},
		{"message_id", 64, func(n int) smpp.PDU { return &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: at(n)}} }},
		{"esme_addr", 64, func(n int) smpp.PDU { return &smpp.AlertNotification{ESME: number(n)} }},
		{"octets of a replace_sm", 254, func(n int) smpp.PDU { return &smpp.ReplaceSM{MessageID: "1", Octets: []byte(at(n))} }},
		{"message_id of a cancel_sm", 64, func(n int) smpp.PDU { return &smpp.CancelSM{MessageID: at(n)} }},
		{"receipted_message_id", 64, func(n int) smpp.PDU {
			return &smpp.DeliverSM{Message: smpp.Message{Options: smpp.Options(nil).WithText(smpp.TagReceiptedMessageID, at(n))}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			packet, err := smpp.Append([]byte("before"), 1, smpp.StatusOK, c.make(c.limit))
			if err != nil {
				t.Fatal(err)
			}
			if _, p, err := smpp.Parse(packet[len("before"):]); err != nil || !cmp.Equal(p, c.make(c.limit)) {
				t.Errorf("not what was sent: %v", err)
			}
			if c.name == "message_payload" {
				return // With cannot make a longer one
			}
			var wrong *smpp.FieldError
			left, err := smpp.Append([]byte("before"), 1, smpp.StatusOK, c.make(c.limit+1))
			if !errors.As(err, &wrong) || !bytes.Equal(left, []byte("before")) || strings.Contains(err.Error(), "777") {
				t.Errorf("one more: %v", err)
			}
		})
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, p := range map[string]smpp.PDU{
		"NUL in a string":            &smpp.Bind{Mode: smpp.Receiver, SystemID: "a\x00b"},
		"octets of a data_sm":        &smpp.DataSM{Message: smpp.Message{Octets: []byte("x")}},
		"no time":                    &smpp.SubmitSM{Message: smpp.Message{Validity: "tomorrow"}},
		"parameters cut short":       &smpp.SubmitSM{Message: smpp.Message{Options: smpp.Options{4, 0x24, 0}}},
		"parameter of wrong length":  &smpp.SubmitSMResp{Accepted: smpp.Accepted{Options: smpp.Options(nil).With(smpp.TagMessageState)}},
		"final date that is no time": &smpp.QuerySMResp{MessageID: "1", FinalDate: "2026"},
	} {
		if _, err := smpp.Append(nil, 1, smpp.StatusOK, p); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestLenientResponses: what peers send that the standard does not have.
func TestLenientResponses(t *testing.T) {
	for name, c := range map[string]struct {
		packet []byte
		want   smpp.PDU
	}{
		"an error without a body":       {packet(t, smpp.CommandSubmitSM.Response(), smpp.StatusThrottled, ""), &smpp.SubmitSMResp{}},
		"an error of a bind":            {packet(t, 0x80000009, smpp.StatusBindFailed, ""), &smpp.BindResp{Mode: smpp.Transceiver}},
		"cancel_sm_resp with something": {packet(t, 0x80000008, 0, "00"), smpp.Empty(0x80000008)},
		"a date that is none":           {packet(t, 0x80000003, 0, "31 00 323032362D30312D3031 00 02 00"), &smpp.QuerySMResp{MessageID: "1", State: smpp.StateDelivered}},
		"a parameter of the operator's": {packet(t, 0x80000004, 0, "31 00 1401 0003 616263"),
			&smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: "1", Options: smpp.Options(nil).With(0x1401, []byte("abc")...)}}},
	} {
		if _, p, err := smpp.Parse(c.packet); err != nil || !cmp.Equal(p, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseKeepsNothing(t *testing.T) {
	packet, err := smpp.Append(nil, 1, smpp.StatusOK, &smpp.SubmitSM{Message: smpp.Message{
		ServiceType: "WAP", Octets: []byte("text"), Options: smpp.Options(nil).With(smpp.TagPrivacyIndicator, 1)}})
	if err != nil {
		t.Fatal(err)
	}
	_, p, err := smpp.Parse(packet)
	if err != nil {
		t.Fatal(err)
	}
	clear(packet)
	m := p.(*smpp.SubmitSM)
	if v, ok := m.Options.Uint8(smpp.TagPrivacyIndicator); m.ServiceType != "WAP" || string(m.Octets) != "text" || !ok || v != 1 {
		t.Error("the packet's octets are in it")
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	m, room := &smpp.SubmitSM{Message: message}, make([]byte, 0, 512)
	if n := testing.AllocsPerRun(100, func() { _, _ = smpp.Append(room, 1, smpp.StatusOK, m) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestNothingPrintsSecrets(t *testing.T) {
	const digits = "8613800138000"
	m := smpp.Message{Source: sms.Address{Value: digits}, Destination: sms.Address{Value: digits}, Octets: []byte("code " + digits)}
	for _, v := range []any{
		m, &m, smpp.SubmitSM{Message: m}, &smpp.SubmitSM{Message: m}, &smpp.DataSM{Message: m}, &smpp.Bind{Password: digits}, smpp.Bind{Password: digits},
		&smpp.Outbind{Password: digits}, &smpp.QuerySM{Source: m.Source}, &smpp.CancelSM{Source: m.Source, Destination: m.Destination},
		&smpp.AlertNotification{Source: m.Source, ESME: m.Source}, smpp.Accounts{"bank": digits},
		smpp.ClientConfig{Bind: smpp.Bind{Password: digits}},
	} {
		for _, form := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
			if s := fmt.Sprintf(form, v); strings.Contains(s, digits) || strings.Contains(s, "38363133") {
				t.Errorf("%T with %s: %s", v, form, s)
			}
		}
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		smpp.StatusThrottled: "ESME_RTHROTTLED", smpp.StatusQueueFull: "ESME_RMSGQFUL", smpp.Status(0x500): "status 00000500",
		smpp.CommandSubmitSM: "submit_sm", smpp.CommandDeliverSM.Response(): "deliver_sm_resp", smpp.Command(0x42): "command 00000042",
		smpp.StateDelivered: "DELIVRD", smpp.State(9): "state 9", smpp.State(0): "state 0",
	} {
		if got.String() != want {
			t.Errorf("%s is not %s", got, want)
		}
	}
}
