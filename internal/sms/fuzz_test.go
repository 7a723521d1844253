package sms_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"simtrust/internal/sms"
)

// holdRewrite holds that what is read can be written, and that what is written is read and written the same.
func holdRewrite(t *testing.T, octets []byte, again func([]byte) ([]byte, error)) {
	written, err := again(slices.Clone(octets))
	if err != nil {
		return
	}
	if len(written) > len(octets) {
		t.Errorf("%x grew to %x", octets, written)
	}
	if twice, err := again(written); err != nil || !bytes.Equal(twice, written) {
		t.Errorf("%x is written %x and then %x: %v", octets, written, twice, err)
	}
}

func FuzzDeliver(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte) { holdRewrite(t, tpdu, rewrite(sms.ParseDeliver)) })
}

func FuzzSubmit(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte) { holdRewrite(t, tpdu, rewrite(sms.ParseSubmit)) })
}

func FuzzDeliverReport(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte, failure bool) {
		holdRewrite(t, tpdu, rewrite(asReport(sms.ParseDeliverReport, failure)))
	})
}

func FuzzSubmitReport(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte, failure bool) {
		holdRewrite(t, tpdu, rewrite(asReport(sms.ParseSubmitReport, failure)))
	})
}

func FuzzStatusReport(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte) { holdRewrite(t, tpdu, rewrite(sms.ParseStatusReport)) })
}

func FuzzCommand(f *testing.F) {
	f.Fuzz(func(t *testing.T, tpdu []byte) { holdRewrite(t, tpdu, rewrite(sms.ParseCommand)) })
}

func FuzzHeader(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte) {
		h := sms.Header(octets)
		var elements []sms.Element
		for e := range h.All() {
			elements = append(elements, e)
		}
		_, _, _ = h.Concatenation()
		if again, err := sms.AppendHeader(nil, elements...); h.Valid() && len(h) > 0 && (err != nil || !bytes.Equal(again, h)) {
			t.Errorf("%x is written %x: %v", octets, again, err)
		}
	})
}

// FuzzText holds that a text read from octets, if the alphabet can say it again, reads the same, and that no text is altered.
func FuzzText(f *testing.F) {
	f.Fuzz(func(t *testing.T, octets []byte, text string) {
		for _, a := range []sms.Alphabet{sms.GSM7, sms.UCS2} {
			if body, err := a.Append(nil, text); err == nil {
				if again, err := a.Text(body); err != nil || again != text {
					t.Errorf("%q became %q: %v", text, again, err)
				}
			}
			read, err := a.Text(octets)
			if err != nil {
				continue
			}
			body, err := a.Append(nil, read)
			if err != nil {
				t.Errorf("%x reads %q, which cannot be written: %v", octets, read, err)
			}
			if a == sms.UCS2 && !bytes.Equal(body, octets) {
				t.Errorf("%x reads %q and is written %x", octets, read, body)
			}
		}
	})
}

// FuzzSegments cuts a message and puts it together in the order that comes.
func FuzzSegments(f *testing.F) {
	f.Fuzz(func(t *testing.T, dcs byte, body, element []byte, repeat, wide bool, first uint8) {
		m := sms.Message{DCS: sms.DCS(dcs), Data: sms.UserData{Body: body}, Repeat: repeat, Wide: wide}
		if len(element) > 0 {
			h, err := sms.AppendHeader(nil, sms.Element{ID: 0x71, Data: element})
			if err != nil {
				return
			}
			m.Data.Header = h
		}
		if _, err := m.Split(); err != nil {
			return
		}
		r := sms.NewReassembler[int](sms.Limits{Messages: 1, PerSender: 1, Life: time.Hour})
		list := segments(t, m)
		for i := range list {
			u, complete, err := r.Add(1, m.DCS, list[(i+int(first))%len(list)], noon)
			if err != nil || complete != (i == len(list)-1) {
				t.Fatalf("segment %d of %d: %t, %v", i, len(list), complete, err)
			}
			if complete && (!bytes.Equal(u.Body, body) || !bytes.Equal(u.Header, m.Data.Header)) {
				t.Errorf("%x %x became %x %x", m.Data.Header, body, u.Header, u.Body)
			}
		}
	})
}

// FuzzReassembler feeds segments with headers from anywhere: what is held stays within the limits, and goes with time.
func FuzzReassembler(f *testing.F) {
	f.Fuzz(func(t *testing.T, stream []byte) {
		r := sms.NewReassembler[byte](limits)
		now := noon
		for len(stream) >= 8 {
			u := sms.UserData{Header: sms.Header(stream[1:7]), Body: stream[7:8]}
			_, _, _ = r.Add(stream[0]%4, sms.DCSForUSIM, u, now)
			now = now.Add(time.Duration(stream[7]) * time.Second)
			stream = stream[8:]
			if n := r.Expire(now); n > limits.Messages {
				t.Fatalf("%d messages are held", n)
			}
		}
		if n := r.Expire(now.Add(limits.Life)); n != 0 {
			t.Errorf("%d messages outlive their time", n)
		}
	})
}
