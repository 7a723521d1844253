package softsim_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

func signer(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, newCard(t))
	b.enrol(applet.KindTransaction, applet.P256)
	b.person.seen = nil
	return b
}

// unseen does something that must show nothing.
func (b *bench) unseen(command applet.Command, want applet.Result) applet.Response {
	b.t.Helper()
	before := len(b.person.seen)
	r := b.want(command, want)
	if len(b.person.seen) > before {
		b.t.Errorf("shown %q", b.person.seen[before:])
	}
	return r
}

func TestSignedIDGivesStoredSignature(t *testing.T) {
	b := signer(t)
	first := b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	again := b.unseen(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	if !bytes.Equal(again.Signature[:], first.Signature[:]) {
		t.Error("another signature")
	}
}

func TestRefusedIDIsNotAskedAgain(t *testing.T) {
	b := signer(t)
	b.person.display = func(string) handset.Answer { return handset.Cancel }
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Cancelled)
	b.person.display = nil
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.Cancelled)
}

func TestUnansweredIDIsShownAgain(t *testing.T) {
	b := signer(t)
	b.person.display = func(string) handset.Answer { return handset.NoResponse }
	b.want(applet.Confirm{Statement: transfer(1)}, applet.NoResponse)
	b.person.display = nil
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
}

// TestAttackOtherContentUnderSignedID: an id does not come back with another transfer.
func TestAttackOtherContentUnderSignedID(t *testing.T) {
	b := signer(t)
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	other := transfer(2)
	other.ID = transfer(1).ID
	b.unseen(applet.Confirm{Statement: other}, applet.Malformed)
}

func TestCancelledUnseenNeverShows(t *testing.T) {
	b := signer(t)
	b.unseen(applet.Cancel{ID: transfer(1).ID}, applet.Done)
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.IDCancelled)
	b.want(applet.Confirm{Statement: transfer(2)}, applet.Signed)
}

func TestCancelAfterSignatureChangesNothing(t *testing.T) {
	b := signer(t)
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	b.unseen(applet.Cancel{ID: transfer(1).ID}, applet.Done)
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.Signed)
}

func TestEightAreRemembered(t *testing.T) {
	b := signer(t)
	for n := byte(1); n <= 9; n++ {
		b.want(applet.Confirm{Statement: transfer(n)}, applet.Signed)
	}
	for n := byte(2); n <= 9; n++ {
		b.unseen(applet.Confirm{Statement: transfer(n)}, applet.Signed)
	}
	before := len(b.person.seen)
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	if len(b.person.seen) == before {
		t.Error("the ninth from the end is remembered")
	}
}

// TestCancelBeforeFetch: the card takes back what the telephone has not shown yet.
func TestCancelBeforeFetch(t *testing.T) {
	b := signer(t)
	b.deliver(b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil)))
	b.deliver(b.packet(applet.Cancel{ID: transfer(1).ID}.Append(nil)))
	responses := b.settle()
	if len(responses) != 2 || responses[0].Result != applet.IDCancelled || responses[1].Result != applet.Done || len(b.person.seen) > 0 {
		t.Errorf("%+v, shown %q", responses, b.person.seen)
	}
}

// TestCancelOnScreen: the right PIN for a transfer that was cancelled meanwhile signs nothing. The Cancel is answered in the report.
func TestCancelOnScreen(t *testing.T) {
	b := signer(t)
	b.person.input = func(p handset.Prompt) (string, handset.Answer) {
		q, asking := b.card.Asking()
		if !asking || q.ID != transfer(1).ID || q.Kind != applet.KindTransaction || q.Applet != applet.Bank || !strings.Contains(p.Text, q.VerificationCode) {
			t.Errorf("asking %+v, %v", q, asking)
		}
		report := b.deliver(b.packet(applet.Cancel{ID: transfer(1).ID}.Append(nil)))
		if r := b.open(b.reported(report), ota.OK); r.Result != applet.Done {
			t.Errorf("cancel: %v", r.Result)
		}
		return signingPIN, handset.OK
	}
	b.want(applet.Confirm{Statement: transfer(1)}, applet.IDCancelled)
	if _, asking := b.card.Asking(); asking || b.card.Tries(softsim.SigningPIN) != 3 {
		t.Error("a try was taken, or something is still asked")
	}
	b.person.input = nil
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.IDCancelled)
}

// TestBusy: while a person is asked, another command gets 93 00, and its packet works afterwards as if it had not come.
func TestBusy(t *testing.T) {
	b := signer(t)
	var second []byte
	b.person.display = func(string) handset.Answer {
		b.person.display = nil
		second = b.packet(applet.Confirm{Statement: transfer(2)}.Append(nil))
		if r := b.deliver(second); !r.Busy || !r.Failure {
			t.Errorf("report %+v, want busy", r)
		}
		return handset.OK
	}
	b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	b.deliver(second)
	if responses := b.settle(); len(responses) != 1 || responses[0].Result != applet.Signed || responses[0].ID != transfer(2).ID {
		t.Errorf("%+v", responses)
	}
}

// TestNextPacketWhileAnswerLeaves: the platform may send the next command as soon as it has the answer, which is before the telephone
// has told the card that it was sent.
func TestNextPacketWhileAnswerLeaves(t *testing.T) {
	b := signer(t)
	once := false
	var answers [][]byte
	b.phone = handset.New(b.card, b.person, func(_ context.Context, tpdu []byte) error {
		answers = append(answers, tpdu)
		if !once {
			once = true
			if r := b.deliver(b.packet(applet.Confirm{Statement: transfer(2)}.Append(nil))); r.Failure {
				t.Errorf("refused: %+v", r)
			}
		}
		return nil
	})
	b.powerOn()
	b.deliver(b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil)))
	b.settle()
	b.sent = answers
	responses := b.settle()
	if len(responses) != 2 || responses[0].Result != applet.Signed || responses[1].Result != applet.Signed {
		t.Errorf("%+v", responses)
	}
}

// TestLostAnswer: the network does not take the answer; asked again, the card gives the same one.
func TestLostAnswer(t *testing.T) {
	b := signer(t)
	working := b.phone
	b.phone = handset.New(b.card, b.person, func(context.Context, []byte) error { return context.DeadlineExceeded })
	b.powerOn()
	b.deliver(b.packet(applet.Confirm{Statement: transfer(1)}.Append(nil)))
	b.settle()
	b.phone = working
	b.powerOn()
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.Signed)
}

func TestEnrolmentIsGivenAgain(t *testing.T) {
	b := newBench(t, newCard(t))
	command := applet.Enrol{ID: applet.ID{5}, Kind: applet.KindTransaction, Algorithm: applet.SM2, Party: "模拟银行"}
	first := b.want(command, applet.Enrolled)
	again := b.unseen(command, applet.Enrolled)
	if *again.Enrolment != *first.Enrolment || first.Enrolment.Code != oneTimeCode {
		t.Errorf("%+v, then %+v", first.Enrolment, again.Enrolment)
	}
}

// TestOldKeyUntilInstall: a fresh key signs nothing, and the old one goes on, until the certificate is there.
func TestOldKeyUntilInstall(t *testing.T) {
	b := newBench(t, newCard(t))
	old := b.enrol(applet.KindTransaction, applet.P256)
	fresh := applet.Enrol{ID: applet.ID{5}, Kind: applet.KindTransaction, Algorithm: applet.P256, Party: "模拟银行"}
	e := b.want(fresh, applet.Enrolled).Enrolment
	r := b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	if err := verify(t, old, applet.P256, transfer(1), r.Signature); err != nil {
		t.Errorf("before Install: %v", err)
	}
	install := applet.Install{ID: fresh.ID, Kind: fresh.Kind, KeyHash: applet.P256.Sum(e.PublicKey[:]), Certificate: certificate}
	for name, spoil := range map[string]func(*applet.Install){
		"another id":   func(c *applet.Install) { c.ID[0]++ },
		"another key":  func(c *applet.Install) { c.KeyHash[0]++ },
		"another kind": func(c *applet.Install) { c.Kind = applet.KindDocument },
	} {
		t.Run(name, func(t *testing.T) {
			wrong := install
			spoil(&wrong)
			b.want(wrong, applet.NoKey)
		})
	}
	b.want(install, applet.Done)
	b.want(install, applet.Done) // sent twice
	r = b.want(applet.Confirm{Statement: transfer(2)}, applet.Signed)
	if err := verify(t, e, applet.P256, transfer(2), r.Signature); err != nil {
		t.Errorf("after Install: %v", err)
	}
}

// TestRememberedOverPowerLoss opens the memory anew, before and after it was rewritten.
func TestRememberedOverPowerLoss(t *testing.T) {
	ram := &eeprom.RAM{}
	b := newBench(t, cardIn(t, ram))
	b.enrol(applet.KindTransaction, applet.P256)
	first := b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	for round := range 3 {
		card, err := softsim.Resume(ram, ram.Records)
		if err != nil {
			t.Fatal(err)
		}
		again := newBench(t, card)
		again.counter = b.counter + ota.Counter(10*round)
		if r := again.unseen(applet.Confirm{Statement: transfer(1)}, applet.Signed); *r.Signature != *first.Signature {
			t.Error("another signature")
		}
		wear(t, card)
	}
	if n := len(ram.Records); n > 2000 {
		t.Errorf("%d records: the memory was not rewritten", n)
	}
}

// wear makes a card write 2,000 records, more than it lets gather in its memory.
func wear(t *testing.T, c *softsim.Card) {
	t.Helper()
	for range 1000 {
		run(t, c, []exchange{{"SIM PIN", verifyRight, "9000"}})
	}
}
