package smpp_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// vectors are packets of others. The sample of the standard is in SMPP 3.4 §3.2.3; the submit_sm of 60 octets is the example of the
// encyclopaedia articles on SMPP; the others are test data of the Erlang parser K2InformaticsGmbH/smpp_parser (include/tests.hrl), and
// what they mean is stated there too.
var vectors = []struct {
	name, packet string
	want         smpp.PDU
}{
	{"sample of the standard",
		"0000002F 00000002 00000000 00000001 534D50503354455354 00 7365637265743038 00 5355424D495431 00 00 01 01 00",
		&smpp.Bind{Mode: smpp.Transmitter, SystemID: "SMPP3TEST", Password: "secret08", SystemType: "SUBMIT1", Type: sms.International, Plan: sms.E164}},
	{"bind_transceiver",
		"00000023 00000009 00000000 00000001 34313135 00 7A756A5F34313135 00 00 34 00 00 00",
		&smpp.Bind{Mode: smpp.Transceiver, SystemID: "4115", Password: "zuj_4115", InterfaceVersion: smpp.Version34}},
	{"bind_receiver",
		"0000002A 00000001 00000000 00000001 34313135 00 6664676173726773 00 74657374696E67 00 34 02 09 00",
		&smpp.Bind{Mode: smpp.Receiver, SystemID: "4115", Password: "fdgasrgs", SystemType: "testing", InterfaceVersion: smpp.Version34,
			Type: sms.National, Plan: sms.Private}},
	{"bind_transmitter_resp",
		"0000001F 80000002 00000000 00000001 534D50503354455354 00 0210 0001 19",
		&smpp.BindResp{Mode: smpp.Transmitter, SystemID: "SMPP3TEST", Options: smpp.Options{2, 0x10, 0, 1, 0x19}}},
	{"submit_sm of the encyclopaedia",
		"0000003C 00000004 00000000 00000005 00 02 08 353535 00 01 01 353535353535353535 00 00 00 00 00 00 00 00 00 00 0F " +
			"48656C6C6F2077696B697065646961",
		&smpp.SubmitSM{Message: smpp.Message{
			Source:      sms.Address{Type: sms.National, Plan: 8, Value: "555"},
			Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: "555555555"}, Octets: []byte("Hello wikipedia"),
		}}},
	{"submit_sm",
		"00000044 00000004 00000000 00000001 00 05 00 3431303337 00 00 00 30373934363530313135 00 00 00 00 00 00 11 00 00 00 14 " +
			"7465737420737769737363 6F6D2028534D505029",
		&smpp.SubmitSM{Message: smpp.Message{
			Source: sms.Address{Type: sms.Alphanumeric, Value: "41037"}, Destination: sms.Address{Value: "0794650115"},
			Registered: smpp.RegisteredFinal | smpp.RegisteredIntermediate, Octets: []byte("test swisscom (SMPP)"),
		}}},
	{"submit_sm with parameters",
		"00000051 00000004 00000000 00000001 34313135 00 01 09 3139322E3235342E3235342E3137 00 03 01 3134382E3234372E3135372E3235 00 03 " +
			"00 00 00 00 00 00 00 00 00 0205 0001 04 0204 0002 0003 0426 0001 01",
		&smpp.SubmitSM{Message: smpp.Message{
			ServiceType: "4115", Source: sms.Address{Type: sms.International, Plan: sms.Private, Value: "192.254.254.17"},
			Destination: sms.Address{Type: sms.NetworkSpecific, Plan: sms.E164, Value: "148.247.157.25"}, Class: smpp.ClassStore,
			Options: smpp.Options(nil).With(smpp.TagUserResponseCode, 4).WithUint16(smpp.TagUserMessageReference, 3).
				With(smpp.TagMoreMessagesToSend, 1),
		}}},
	{"submit_sm_resp with parameters",
		"00000053 80000004 00000000 00000001 746869735F636F756C645F62655F615F6D6573736167655F6964 00 001D 001F " +
			"6D795F6164646974696F6E616C5F7374617475735F696E666F5F74657874 00 0425 0001 01",
		&smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: "this_could_be_a_message_id",
			Options: smpp.Options(nil).WithText(smpp.TagAdditionalStatusInfoText, "my_additional_status_info_text").
				With(smpp.TagDeliveryFailureReason, 1)}}},
	{"deliver_sm",
		"00000044 00000005 00000000 00000001 00 00 00 3431373934343434343434 00 00 00 3132333435 00 00 00 00 00 00 00 00 00 00 13 " +
			"686920676F7420796F7572206D657373616765",
		&smpp.DeliverSM{Message: smpp.Message{Source: sms.Address{Value: "41794444444"}, Destination: sms.Address{Value: "12345"},
			Octets: []byte("hi got your message")}}},
	{"deliver_sm_resp", "00000011 80000005 00000000 00000001 00", &smpp.DeliverSMResp{}},
	{"data_sm",
		"00000042 00000103 00000000 00000001 574150 00 04 03 3139322E3136382E312E31 00 04 08 3136382E3132332E3233342E333231 00 08 00 3F " +
			"0030 0001 83 020C 0002 BFB3",
		&smpp.DataSM{Message: smpp.Message{ServiceType: "WAP", Source: sms.Address{Type: sms.Subscriber, Plan: 3, Value: "192.168.1.1"},
			Destination: sms.Address{Type: sms.Subscriber, Plan: 8, Value: "168.123.234.321"}, Class: smpp.ClassAcknowledgement, Coding: 0x3F,
			Options: smpp.Options(nil).With(smpp.TagMsMsgWaitFacilities, 0x83).WithUint16(smpp.TagSARMsgRefNum, 49075)}}},
	{"data_sm_resp",
		"00000030 80000103 00000000 00000001 746869735F636F756C645F62655F615F6D6573736167655F6964 00 0420 0001 00",
		&smpp.DataSMResp{Accepted: smpp.Accepted{MessageID: "this_could_be_a_message_id", Options: smpp.Options(nil).With(smpp.TagDPFResult, 0)}}},
	{"query_sm", "00000024 00000003 00000000 00000001 35 00 01 0E 3135342E3135362E3135342E313234 00",
		&smpp.QuerySM{MessageID: "5", Source: sms.Address{Type: sms.International, Plan: 14, Value: "154.156.154.124"}}},
	{"replace_sm",
		"00000052 00000007 00000000 00000001 35 00 03 0E 31322E3135332E32352E3438 00 3136303130343135343432333631322D 00 " +
			"3136303130343135343432393631322D 00 1A 06 0C 74657374206D657373616765",
		&smpp.ReplaceSM{MessageID: "5", Source: sms.Address{Type: sms.NetworkSpecific, Plan: 14, Value: "12.153.25.48"},
			Schedule: "160104154423612-", Validity: "160104154429612-", Registered: 26, DefaultMessageID: 6, Octets: []byte("test message")}},
	{"cancel_sm",
		"00000032 00000008 00000000 00000001 00 00 01 08 3134322E32352E39352E3638 00 01 0E 3135322E3134322E3133362E3738 00",
		&smpp.CancelSM{Source: sms.Address{Type: sms.International, Plan: 8, Value: "142.25.95.68"},
			Destination: sms.Address{Type: sms.International, Plan: 14, Value: "152.142.136.78"}}},
	{"alert_notification",
		"00000033 00000102 00000000 00000001 02 04 3132372E302E302E31 00 02 0A 3136382E3132332E3233342E333231 00 0422 0001 00",
		&smpp.AlertNotification{Source: sms.Address{Type: sms.National, Plan: 4, Value: "127.0.0.1"},
			ESME: sms.Address{Type: sms.National, Plan: 10, Value: "168.123.234.321"}, Options: smpp.Options(nil).With(smpp.TagMsAvailabilityStatus, 0)}},
}

func octets(t testing.TB, spaced string) []byte {
	t.Helper()
	b, err := hex.DecodeString(string(bytes.ReplaceAll([]byte(spaced), []byte(" "), nil)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestVectors(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			packet := octets(t, v.packet)
			h, p, err := smpp.Parse(packet)
			if err != nil || int(h.Length) != len(packet) || h.Command != p.Command() {
				t.Fatalf("%+v, %v", h, err)
			}
			if diff := cmp.Diff(v.want, p); diff != "" {
				t.Error(diff)
			}
			again, err := smpp.Append(nil, h.Sequence, h.Status, v.want)
			if err != nil || !bytes.Equal(again, packet) {
				t.Errorf("%x, %v", again, err)
			}
		})
	}
}

// TestSmallPackets: packets of a header alone, by the numbers of SMPP 3.4 §5.1.2.1.
func TestSmallPackets(t *testing.T) {
	for id, name := range map[uint32]string{
		0x80000000: "generic_nack", 0x00000006: "unbind", 0x80000006: "unbind_resp", 0x80000007: "replace_sm_resp",
		0x80000008: "cancel_sm_resp", 0x00000015: "enquire_link", 0x80000015: "enquire_link_resp",
	} {
		packet, err := smpp.Append(nil, 7, smpp.StatusOK, smpp.Empty(id))
		if err != nil {
			t.Fatal(err)
		}
		want := []byte{0, 0, 0, 16, byte(id >> 24), 0, 0, byte(id), 0, 0, 0, 0, 0, 0, 0, 7}
		if h, p, err := smpp.Parse(packet); !bytes.Equal(packet, want) || err != nil || p != smpp.Empty(id) || h.Command.String() != name {
			t.Errorf("%s: %x, %v, %v", name, packet, p, err)
		}
	}
}
