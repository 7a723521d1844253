package ota_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"simtrust/internal/sms"
	"simtrust/simshield/ota"
)

var (
	centre = sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613800100500"}
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	limits = sms.Limits{Messages: 4, PerSender: 2, Life: time.Minute}
)

func stamp(t testing.TB) sms.Timestamp {
	t.Helper()
	at, err := sms.NewTimestamp(noon)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func segments(t testing.TB, packet []byte, reference byte) [][]byte {
	t.Helper()
	tpdus, err := ota.Segments(packet, centre, stamp(t), reference)
	if err != nil {
		t.Fatal(err)
	}
	return tpdus
}

func userData(t testing.TB, tpdu []byte) sms.UserData {
	t.Helper()
	from, u, err := ota.ReadDeliver(tpdu)
	if err != nil || from != centre {
		t.Fatal(err)
	}
	return u
}

// TestPublishedDeliver reads a command packet out of a TPDU of another implementation's tests.
func TestPublishedDeliver(t *testing.T) {
	file, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v struct {
		Deliver []struct{ TPDU string }
	}
	if err := json.Unmarshal(file, &v); err != nil {
		t.Fatal(err)
	}
	tpdu, err := hex.DecodeString(v.Deliver[0].TPDU)
	if err != nil {
		t.Fatal(err)
	}
	_, u, err := ota.ReadDeliver(tpdu)
	if err != nil {
		t.Fatal(err)
	}
	packet, complete, err := ota.CollectCommands[string](limits).Add("card", u, noon)
	if err != nil || !complete {
		t.Fatalf("%t, %v", complete, err)
	}
	if h, err := ota.ReadHeader(packet); err != nil || h.TAR != (ota.TAR{0xB0, 0x00, 0x10}) || h.SPI != 0x0601 || h.KeySet() != 2 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestSegmentSizes(t *testing.T) {
	for size, want := range map[int][]int{1: {1}, 137: {137}, 138: {132, 6}, 266: {132, 134}, 267: {132, 134, 1}} {
		packet := key(3, size)
		var got []int
		for i, tpdu := range segments(t, packet, 7) {
			d, err := sms.ParseDeliver(tpdu)
			if err != nil || d.PID != 0x7F || d.DCS != 0xF6 || d.Time != stamp(t) {
				t.Fatalf("%+v, %v", d, err)
			}
			header := []byte{2, 0x70, 0}
			if len(want) > 1 {
				header = []byte{7, 0, 3, 7, byte(len(want)), byte(i + 1), 0x70, 0}
				if i > 0 {
					header = header[:6]
					header[0] = 5
				}
			}
			if !bytes.Equal(d.Data.Header, header) {
				t.Errorf("%d octets, segment %d: header %x, want %x", size, i, d.Data.Header, header)
			}
			got = append(got, len(d.Data.Body))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d octets: %v, want %v", size, got, want)
		}
	}
	if _, err := ota.Segments(make([]byte, 132+254*134+1), centre, stamp(t), 1); !errors.Is(err, ota.ErrTooLong) {
		t.Errorf("256 segments: %v", err)
	}
	if _, err := ota.Segments([]byte{1}, sms.Address{Value: "x"}, stamp(t), 1); err == nil {
		t.Error("a bad address")
	}
}

// TestCommandInSegments takes commands of one and several segments to the card, in every order of arrival.
func TestCommandInSegments(t *testing.T) {
	k, card := aesKeys(t, 16), ota.CollectCommands[sms.Address](limits)
	for i, order := range [][]int{{0}, {0, 1}, {1, 0}, {0, 1, 2}, {2, 0, 1}, {2, 2, 1, 1, 0}} {
		c := command(ota.Counter(i+1), key(3, 98+120*slices.Max(order)))
		tpdus := segments(t, sealed(t, k, c), byte(i))
		for n, at := range order {
			packet, complete, err := card.Add(centre, userData(t, tpdus[at]), noon)
			if err != nil || complete != (n == len(order)-1) {
				t.Fatalf("%v, segment %d: %t, %v", order, at, complete, err)
			}
			if !complete {
				continue
			}
			if got, status := k.OpenCommand(nil, packet, ota.Gate{Last: c.Counter - 1}); status != ota.OK || !bytes.Equal(got.Data, c.Data) {
				t.Errorf("%v: %v", order, status)
			}
		}
	}
}

// TestResponseBearers takes a report back as a delivery report and as SMS-SUBMITs.
func TestResponseBearers(t *testing.T) {
	packet := key(3, 137)
	answer := ota.AppendAnswer(nil, packet)
	if got, err := ota.ReadAnswer(answer); err != nil || !bytes.Equal(got, packet) || !bytes.HasPrefix(answer, []byte{2, 0x71, 0}) {
		t.Errorf("answer %x, %v", got, err)
	}
	tpdu, err := ota.DeliverReport(answer)
	if err != nil || !bytes.HasPrefix(tpdu, []byte{0x40, 0x07, 0x7F, 0xF6, 140, 2, 0x71, 0}) {
		t.Fatalf("report %x, %v", tpdu, err)
	}
	if got, err := ota.ReadDeliverReport(tpdu); err != nil || !bytes.Equal(got, packet) {
		t.Errorf("report %x, %v", got, err)
	}
	server, long := ota.CollectResponses[string](limits), key(3, 300)
	tpdus, err := ota.Submits(long, centre, 9)
	if err != nil || len(tpdus) != 3 {
		t.Fatalf("%d, %v", len(tpdus), err)
	}
	for i, tpdu := range tpdus {
		u, err := ota.ReadSubmit(tpdu)
		if err != nil {
			t.Fatal(err)
		}
		got, complete, err := server.Add("card", u, noon)
		if err != nil || complete != (i == 2) || complete && !bytes.Equal(got, long) {
			t.Errorf("segment %d: %x, %t, %v", i, got, complete, err)
		}
	}
}

func TestNotABearer(t *testing.T) {
	good := segments(t, key(3, 20), 1)[0]
	changed := func(at int, value byte) []byte {
		out := bytes.Clone(good)
		out[at] = value
		return out
	}
	pid := 1 + 1 + 1 + 7 // type, length and kind of the address, 13 digits
	for name, tpdu := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "submit": changed(0, 0x41),
		"PID": changed(pid, 0), "DCS class 1": changed(pid+1, 0xF5), "DCS text": changed(pid+1, 0), "UDL": changed(pid+9, 140),
		"UDHL beyond UDL": changed(pid+10, 60),
	} {
		if _, _, err := ota.ReadDeliver(tpdu); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, tpdu := range map[string][]byte{
		"empty": nil, "no data": {0, 0}, "no header": {0, 4, 1, 9}, "text": {0x40, 6, 0, 4, 2, 0x71, 0, 9},
		"a command": {0x40, 6, 0xF6, 4, 2, 0x70, 0, 9}, "two elements": {0x40, 6, 0xF6, 6, 4, 0x71, 0, 0x71, 0, 9}, "deliver": good,
	} {
		if packet, err := ota.ReadDeliverReport(tpdu); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("report, %s: %x, %v", name, packet, err)
		}
	}
	for _, tpdu := range [][]byte{nil, {1}, {0x41, 0, 2, 0x91, 0x21, 0, 0, 4, 2, 0x71, 0, 9}} {
		if u, err := ota.ReadSubmit(tpdu); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("submit %x: %x, %v", tpdu, u, err)
		}
	}
	for _, answer := range [][]byte{nil, {2, 0x71}, {2, 0x70, 0, 9}} {
		if _, err := ota.DeliverReport(answer); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("answer %x: %v", answer, err)
		}
	}
	if _, err := ota.DeliverReport(ota.AppendAnswer(nil, make([]byte, 138))); !errors.Is(err, ota.ErrTooLong) {
		t.Errorf("long report: %v", err)
	}
}

func TestJoinSubmits(t *testing.T) {
	long := key(3, 300)
	tpdus, err := ota.Submits(long, centre, 9)
	if err != nil {
		t.Fatal(err)
	}
	others, err := ota.Submits(key(4, 300), centre, 9)
	if err != nil {
		t.Fatal(err)
	}
	short, err := ota.Submits(key(5, 20), centre, 9)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range [][][]byte{tpdus, {tpdus[2], tpdus[0], tpdus[1]}, {tpdus[0], tpdus[0], tpdus[1], tpdus[2]}} {
		if packet, err := ota.JoinSubmits(set); err != nil || !bytes.Equal(packet, long) {
			t.Errorf("%d segments: %x, %v", len(set), packet, err)
		}
	}
	if packet, err := ota.JoinSubmits(short); err != nil || !bytes.Equal(packet, key(5, 20)) {
		t.Errorf("one segment: %x, %v", packet, err)
	}
	for name, set := range map[string][][]byte{
		"none": nil, "one missing": tpdus[:2], "first missing": tpdus[1:], "one too many": append(slices.Clone(tpdus), tpdus[0]),
		"two reports": {short[0], short[0]}, "mixed": {tpdus[0], others[0]}, "of two": {tpdus[0], short[0]}, "no TPDU": {tpdus[0], nil},
	} {
		if packet, err := ota.JoinSubmits(set); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("%s: %x, %v", name, packet, err)
		}
	}
}

// TestAttackMixedConcatenation mixes segments of two packets, of two senders and of other kinds of messages. Nothing comes out but
// what the checksum refuses, and what was there before stays whole.
func TestAttackMixedConcatenation(t *testing.T) {
	k := aesKeys(t, 16)
	mine := segments(t, sealed(t, k, command(1, key(3, 200))), 7)
	other := segments(t, sealed(t, k, command(2, key(4, 200))), 7)
	third := segments(t, sealed(t, k, command(2, key(4, 320))), 7)
	card := ota.CollectCommands[sms.Address](limits)
	if _, complete, err := card.Add(centre, userData(t, mine[0]), noon); complete || err != nil {
		t.Fatal(complete, err)
	}
	for name, tpdu := range map[string][]byte{"another first": other[0], "another total": third[1]} {
		if _, _, err := card.Add(centre, userData(t, tpdu), noon); !errors.Is(err, sms.ErrMixed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stranger := sms.Address{Type: sms.International, Plan: sms.E164, Value: "8613900000000"}
	if _, complete, err := card.Add(stranger, userData(t, mine[1]), noon); complete || err != nil {
		t.Errorf("another sender's segment: %t, %v", complete, err)
	}
	packet, complete, err := card.Add(centre, userData(t, other[1]), noon)
	if err != nil || !complete {
		t.Fatalf("%t, %v", complete, err)
	}
	if c, status := k.OpenCommand(nil, packet, ota.Gate{}); status != ota.ChecksumFailed || c.Counter != 0 {
		t.Errorf("halves of two packets: %v, %+v", status, c)
	}
}

func TestAttackConcatenationHeaders(t *testing.T) {
	for name, header := range map[string]sms.Header{
		"none":                    nil,
		"no element":              {0},
		"a response":              {2, 0x71, 0},
		"element with data":       {3, 0x70, 1, 0},
		"named twice":             {4, 0x70, 0, 0x70, 0},
		"both":                    {4, 0x70, 0, 0x71, 0},
		"with ports":              {6, 0x70, 0, 4, 2, 1, 1},
		"lengths":                 {5, 0x70, 0},
		"first, not named":        {5, 0, 3, 7, 2, 1},
		"later, named":            {7, 0, 3, 7, 2, 2, 0x70, 0},
		"segment 0":               {7, 0, 3, 7, 2, 0, 0x70, 0},
		"segment 3 of 2":          {5, 0, 3, 7, 2, 3},
		"of no segments":          {7, 0, 3, 7, 0, 1, 0x70, 0},
		"two concatenations":      {12, 0, 3, 7, 2, 1, 0, 3, 7, 2, 1, 0x70, 0},
		"both kinds":              {13, 0, 3, 7, 2, 1, 8, 4, 0, 7, 2, 1, 0x70, 0},
		"short concatenation":     {6, 0, 2, 7, 2, 0x70, 0},
		"concatenation with tail": {8, 0, 4, 7, 2, 1, 9, 0x70, 0},
	} {
		card := ota.CollectCommands[string](limits)
		if packet, _, err := card.Add("x", sms.UserData{Header: header, Body: []byte("data")}, noon); !errors.Is(err, ota.ErrBearer) {
			t.Errorf("%s: %x, %v", name, packet, err)
		}
	}
}

// TestAttackSegmentFlood: incomplete messages are bounded and age out.
func TestAttackSegmentFlood(t *testing.T) {
	card, first := ota.CollectCommands[string](limits), func(reference byte) sms.UserData {
		return sms.UserData{Header: sms.Header{7, 0, 3, reference, 255, 1, 0x70, 0}, Body: make([]byte, 132)}
	}
	for reference := range byte(200) {
		_, complete, err := card.Add("x", first(reference), noon)
		if complete || errors.Is(err, sms.ErrBusy) != (int(reference) >= limits.PerSender) {
			t.Fatalf("message %d: %t, %v", reference, complete, err)
		}
	}
	if _, _, err := card.Add("x", first(0xFF), noon.Add(limits.Life)); err != nil {
		t.Errorf("after their time: %v", err)
	}
}
