package sms_test

import (
	"testing"

	"simtrust/internal/sms"
)

// packetTPDU is a packet of the size that a transfer takes, in an SMS-DELIVER.
func packetTPDU() sms.Deliver {
	return sms.Deliver{
		From: line, PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM, Data: sms.UserData{Header: sms.Header{2, sms.ElementCommandPacket, 0}, Body: make([]byte, 130)},
	}
}

// concatenate builds the SMS-DELIVERs of a packet in two segments.
func concatenate(t testing.TB, dst, header, packet []byte) {
	d := sms.Deliver{From: line, PID: sms.PIDForUSIM, DCS: sms.DCSForUSIM}
	m := sms.Message{DCS: d.DCS, Data: sms.UserData{Header: sms.Header{2, sms.ElementCommandPacket, 0}, Body: packet}}
	s, err := m.Split()
	if err != nil {
		t.Fatal(err)
	}
	for u, ok := s.Next(header); ok; u, ok = s.Next(header) {
		d.Data = u
		if _, err := d.Append(dst); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBuildersDoNotAllocate(t *testing.T) {
	dst, header := make([]byte, 0, 200), make([]byte, 0, 140)
	deliver, packet := packetTPDU(), make([]byte, 250)
	submit := sms.Submit{To: line, Data: sms.UserData{Header: sms.Header{5, 0, 3, 1, 2, 1}, Body: septets(t, "hello")}}
	named := sms.Deliver{From: bank}
	report := sms.DeliverReport{Parameters: sms.Parameters{HasData: true, HasDCS: true, DCS: sms.DCSForUSIM, Data: deliver.Data}}
	for name, build := range map[string]func(){
		"deliver":      func() { _, _ = deliver.Append(dst) },
		"from a name":  func() { _, _ = named.Append(dst) },
		"submit":       func() { _, _ = submit.Append(dst) },
		"report":       func() { _, _ = report.Append(dst) },
		"two segments": func() { concatenate(t, dst, header, packet) },
		"GSM 7 bit":    func() { _, _ = sms.GSM7.Append(dst, "from €1") },
		"UCS-2":        func() { _, _ = sms.UCS2.Append(dst, "转账 ¥48,000.00") },
	} {
		if n := testing.AllocsPerRun(100, build); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkDeliver(b *testing.B) {
	b.ReportAllocs()
	d, dst := packetTPDU(), make([]byte, 0, 200)
	for b.Loop() {
		if _, err := d.Append(dst); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTwoSegments(b *testing.B) {
	b.ReportAllocs()
	dst, header, packet := make([]byte, 0, 200), make([]byte, 0, 140), make([]byte, 250)
	for b.Loop() {
		concatenate(b, dst, header, packet)
	}
}

func BenchmarkSubmitText(b *testing.B) {
	b.ReportAllocs()
	s, dst := sms.Submit{To: line, Data: sms.UserData{Body: make([]byte, 160)}}, make([]byte, 0, 200)
	for b.Loop() {
		if _, err := s.Append(dst); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseDeliver(b *testing.B) {
	b.ReportAllocs()
	d := packetTPDU()
	tpdu, err := d.Append(nil)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := sms.ParseDeliver(tpdu); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReassemble(b *testing.B) {
	b.ReportAllocs()
	_, segments := report(b, 7, 'a')
	r := sms.NewReassembler[string](limits)
	for b.Loop() {
		for _, u := range segments {
			if _, _, err := r.Add("A", sms.DCSForUSIM, u, noon); err != nil {
				b.Fatal(err)
			}
		}
	}
}
