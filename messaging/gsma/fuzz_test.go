package gsma_test

import (
	"bytes"
	"errors"
	"testing"

	"simtrust/messaging/gsma"
)

// holdRead holds what Decode made of outside octets: a known kind of error, or a message that every channel accepts or refuses, and
// that comes out the same when it is written and read again.
func holdRead(t *testing.T, contentType string, data []byte) {
	t.Helper()
	r, err := gsma.Decode(gsma.Part{ContentType: contentType, Data: data})
	if err != nil {
		if !errors.Is(err, gsma.ErrMalformed) && !errors.Is(err, gsma.ErrLimit) {
			t.Fatalf("%T %v", err, err)
		}
		return
	}
	for _, channel := range gsma.Channels() {
		holdDegraded(t, r.Content, channel)
	}
	first, err := emit(r)
	if err != nil {
		return
	}
	again, err := gsma.Decode(first)
	if err != nil {
		t.Fatalf("%v: %s", err, first.Data)
	}
	if second, err := emit(again); err != nil || !bytes.Equal(first.Data, second.Data) {
		t.Fatalf("%v\n%s\n%s", err, first.Data, second.Data)
	}
}

// holdDegraded holds the limits of a channel, of a content that Check accepts.
func holdDegraded(t *testing.T, c gsma.Content, channel gsma.Channel) {
	t.Helper()
	l := channel.Limits()
	r, answers, err := gsma.Degrade(c, l, bank)
	if err != nil {
		return
	}
	if _, err := r.Part(); err != nil {
		t.Fatal(err)
	}
	if !channel.Rich() {
		holdRendered(t, r, answers, l, bank)
	}
}

func FuzzPayload(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { holdRead(t, gsma.TypeCard, data) })
}

func FuzzMultipart(f *testing.F) {
	f.Fuzz(func(t *testing.T, boundary string, data []byte) {
		holdRead(t, "multipart/mixed; boundary="+boundary, data)
	})
}

func FuzzFileTransfer(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { holdRead(t, gsma.TypeFile, data) })
}

func FuzzGeo(f *testing.F) {
	f.Fuzz(func(t *testing.T, uri string) {
		l, err := gsma.ParseGeo(uri)
		if err != nil {
			return
		}
		if again, err := gsma.ParseGeo(l.URI()); err != nil || again != l {
			t.Fatalf("%+v becomes %+v by %s: %v", l, again, l.URI(), err)
		}
	})
}

func FuzzText(f *testing.F) {
	f.Fuzz(func(t *testing.T, text, button, typed string) {
		c := gsma.Content{Text: text, Suggestions: []gsma.Suggestion{gsma.NewReply(button, "d"), gsma.NewReply("2", "e")}}
		holdDegraded(t, c, gsma.SMS)
		holdDegraded(t, c, gsma.CardSMS)
		if _, answers, err := gsma.Degrade(c, gsma.SMS.Limits(), bank); err == nil {
			gsma.Match(answers, typed)
		}
		if s := gsma.Skeleton(text); gsma.Skeleton(s) != s {
			t.Fatalf("%q becomes %q", s, gsma.Skeleton(s))
		}
	})
}

func FuzzCardText(f *testing.F) {
	f.Fuzz(func(t *testing.T, text string) { gsma.ReadCardText(text) })
}
