package sandbox

import (
	"bytes"
	"crypto/sha256"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/simshield/applet"
)

// TestOnePromptPerQuestion: the code of an enrolment, then the PIN; of a transfer, all pages with the code and the PIN in one.
func TestOnePromptPerQuestion(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.ask(s, applet.Enrol{ID: applet.ID{9}, Kind: applet.KindLogin, Algorithm: applet.SM2, Party: "示例银行"})
	code := r.next(s)
	if code.Kind != kindRegistration || code.VerificationCode != "" || !strings.Contains(code.Text, "示例银行") || !strings.Contains(code.Request, "开通码") {
		t.Errorf("%+v", code)
	}
	status, pin := r.press(s, code.ID, "confirm", "12345678")
	if status != http.StatusOK || pin == nil || pin.Kind != "login" || pin.ID == code.ID || pin.Text != code.Text || len(pin.VerificationCode) != 4 {
		t.Fatalf("%d %+v", status, pin)
	}
	if status, then := r.press(s, pin.ID, "confirm", s.LoginPIN); status != http.StatusOK || then != nil {
		t.Fatalf("%d %+v", status, then)
	}
	if answer := r.answered(s); answer.Result != applet.Enrolled || answer.Enrolment.Code != "12345678" {
		t.Fatalf("%+v", answer)
	}

	enrolment := r.enrolled(s)
	want, err := r.transfer(s, 2).Compose()
	if err != nil {
		t.Fatal(err)
	}
	p := r.next(s)
	if p.Kind != "transaction" || p.Text != want.Text || p.VerificationCode != want.VerificationCode(applet.P256) || p.Notice != "" {
		t.Errorf("%+v, want\n%s", p, want.Text)
	}
	var screen screenWire
	if status := r.get("/subscribers/"+s.Number+"/screen", &screen); status != http.StatusOK || screen.Prompt == nil || screen.Prompt.ID != p.ID {
		t.Errorf("%d %+v", status, screen.Prompt)
	}
	r.press(s, p.ID, "confirm", s.SigningPIN)
	answer := r.answered(s)
	if answer.Result != applet.Signed {
		t.Fatalf("%+v", answer)
	}
	public, err := applet.ParsePublicKey(enrolment.PublicKey[:], applet.P256)
	if err != nil {
		t.Fatal(err)
	}
	set, err := applet.SignedAttributes(applet.P256, want.DER, [32]byte{})
	if err != nil {
		t.Fatal(err)
	}
	if err := applet.Verify(public, applet.P256, set, *answer.Signature); err != nil {
		t.Error(err)
	}
}

// TestAnswersThatChangeNothing are refused, and the prompt stays as it was.
func TestAnswersThatChangeNothing(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	p := r.next(s)
	for name, c := range map[string]struct {
		number, id, action, pin string
		want                    int
	}{
		"another id":        {s.Number, "prm_other", "confirm", s.SigningPIN, http.StatusNotFound},
		"no id":             {s.Number, "", "cancel", "", http.StatusNotFound},
		"another phone":     {r.subscriber(1).Number, p.ID, "confirm", s.SigningPIN, http.StatusNotFound},
		"no such number":    {"+8613900000000", p.ID, "confirm", s.SigningPIN, http.StatusNotFound},
		"no such action":    {s.Number, p.ID, "sign", s.SigningPIN, http.StatusBadRequest},
		"no action":         {s.Number, p.ID, "", s.SigningPIN, http.StatusBadRequest},
		"no PIN":            {s.Number, p.ID, "confirm", "", http.StatusBadRequest},
		"too short":         {s.Number, p.ID, "confirm", "147", http.StatusBadRequest},
		"too long":          {s.Number, p.ID, "confirm", "147258147", http.StatusBadRequest},
		"letters":           {s.Number, p.ID, "confirm", "14725a", http.StatusBadRequest},
		"full-width digits": {s.Number, p.ID, "confirm", "１４７２５８", http.StatusBadRequest},
	} {
		if status := r.post("/subscribers/"+c.number+"/answer", replyWire{c.id, c.action, c.pin}, nil, ""); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
		if now := r.next(s); now != p {
			t.Fatalf("%s: the prompt is another one", name)
		}
	}
	if tries := r.card(s).SigningTries; tries != 3 {
		t.Errorf("%d tries left", tries)
	}
	if status := r.post("/subscribers/"+s.Number+"/answer", map[string]string{"prompt": p.ID}, nil, ""); status != http.StatusBadRequest {
		t.Errorf("another shape: %d", status)
	}
}

// TestOneAnswerCounts: of many at once, as after an impatient person's clicks, one costs a try.
func TestOneAnswerCounts(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	p := r.next(s)
	taken := make(chan int, 8)
	var clicks sync.WaitGroup
	for range cap(taken) {
		clicks.Go(func() {
			status := r.post("/subscribers/"+s.Number+"/answer", replyWire{p.ID, "confirm", "000000"}, &screenWire{}, "")
			taken <- status
		})
	}
	clicks.Wait()
	close(taken)
	count := map[int]int{}
	for status := range taken {
		count[status]++
	}
	if count[http.StatusOK] != 1 || count[http.StatusNotFound] != 7 {
		t.Errorf("%v", count)
	}
	if tries := r.card(s).SigningTries; tries != 2 {
		t.Errorf("%d tries left", tries)
	}
	if again := r.next(s); again.ID == p.ID || !strings.Contains(again.Notice, "2") || again.Text != p.Text {
		t.Errorf("%+v", again)
	}
}

// TestThreeWrongPINs block, and the card says so.
func TestThreeWrongPINs(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	r.press(s, r.next(s).ID, "confirm", "000000")
	r.press(s, r.next(s).ID, "confirm", "111111")
	if status, then := r.press(s, r.next(s).ID, "confirm", "222222"); status != http.StatusOK || then != nil {
		t.Errorf("%d %+v", status, then)
	}
	if answer := r.answered(s); answer.Result != applet.PINBlocked || answer.Tries != 0 {
		t.Errorf("%+v", answer)
	}
	if c := r.card(s); c.SigningTries != 0 || c.LoginTries != 3 || c.SIMTries != 3 {
		t.Errorf("%+v", c)
	}
}

func TestPersonsWhoDoNotSign(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	for id, c := range map[byte]struct {
		action string
		want   applet.Result
	}{2: {"cancel", applet.Cancelled}, 3: {"ignore", applet.NoResponse}} {
		r.transfer(s, id)
		if status, then := r.press(s, r.next(s).ID, c.action, ""); status != http.StatusOK || then != nil {
			t.Errorf("%s: %d %+v", c.action, status, then)
		}
		if answer := r.answered(s); answer.Result != c.want {
			t.Errorf("%s: %+v", c.action, answer)
		}
	}
}

// TestTakenBack: what the server cancels goes from the screen, and the card says that nobody signed.
func TestTakenBack(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	p := r.next(s)
	r.ask(s, applet.Cancel{ID: applet.ID{2}})
	if answer := r.answered(s); answer.Result != applet.IDCancelled {
		t.Errorf("%+v", answer)
	}
	if status, _ := r.press(s, p.ID, "confirm", s.SigningPIN); status != http.StatusNotFound {
		t.Errorf("answered: %d", status)
	}
	if left, err := r.o.handsets.prompt(s.Number); left != nil || err != nil {
		t.Errorf("%+v %v", left, err)
	}
}

// TestSwitchedOff: the phone is absent at once, its prompt is gone, and it asks again when the question comes again.
func TestSwitchedOff(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	st := r.transfer(s, 2)
	p := r.next(s)
	var now device
	if status := r.post("/subscribers/"+s.Number+"/device", map[string]bool{"online": false, "rcs": false}, &now, ""); status != http.StatusOK || now.Online || now.RCS {
		t.Fatalf("%d %+v", status, now)
	}
	if status, _ := r.press(s, p.ID, "confirm", s.SigningPIN); status != http.StatusNotFound {
		t.Errorf("a phone that is off takes an answer: %d", status)
	}
	if status, d := r.bring("ota_off", s.IMSI, r.secured(s, applet.Bank, applet.Confirm{Statement: st})); status != http.StatusOK || d.State != stateAbsent || d.Report != "" {
		t.Errorf("%d %+v", status, d)
	}
	r.stop()
	r.start()
	s = r.subscriber(0)
	if _, d := r.bring("ota_off", s.IMSI, r.secured(s, applet.Bank, applet.Confirm{Statement: st})); d.State != stateAbsent {
		t.Errorf("after a restart it is on: %+v", d)
	}
	if r.post("/subscribers/"+s.Number+"/device", map[string]bool{"online": true}, &now, ""); !now.Online || now.RCS {
		t.Errorf("%+v", now)
	}
	r.ask(s, applet.Confirm{Statement: st})
	if again := r.next(s); again.Text != p.Text || again.ID == p.ID {
		t.Errorf("%+v", again)
	}
}

// TestDeviceRefusals change nothing.
func TestDeviceRefusals(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	for name, c := range map[string]struct {
		number string
		body   any
		want   int
	}{
		"no such number": {"+8613900000000", map[string]bool{"online": false}, http.StatusNotFound},
		"unknown member": {s.Number, map[string]bool{"online": false, "flying": true}, http.StatusBadRequest},
		"not a boolean":  {s.Number, map[string]string{"online": "no"}, http.StatusBadRequest},
	} {
		if status := r.post("/subscribers/"+c.number+"/device", c.body, nil, ""); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	if s.Offline {
		t.Error("the phone is off")
	}
}

// TestNothingIsLostWhileTheServerIsAway: a signature that the person was told of reaches a server that comes back after the phones
// were started again.
func TestNothingIsLostWhileTheServerIsAway(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	r.status.Store(http.StatusServiceUnavailable)
	if status, _ := r.press(s, r.next(s).ID, "confirm", s.SigningPIN); status != http.StatusOK {
		t.Fatal(status)
	}
	r.stop()
	if kept := r.kept(); len(kept) != 1 {
		t.Fatalf("%d messages are kept", len(kept))
	}
	r.status.Store(0)
	r.start()
	if answer := r.answered(r.subscriber(0)); answer.Result != applet.Signed {
		t.Errorf("%+v", answer)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patience); len(r.kept()) > 0; { // until the centre has heard that the server has it
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%v stay", r.kept())
		}
	}
}

func (r *rig) kept() []string {
	r.t.Helper()
	kept, err := filepath.Glob(filepath.Join(r.dir, "sms", "*.json"))
	if err != nil {
		r.t.Fatal(err)
	}
	return kept
}

// TestRefusedForGood: a message that the server will never take is not repeated for ever.
func TestRefusedForGood(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.status.Store(http.StatusForbidden)
	r.transfer(s, 2)
	r.press(s, r.next(s).ID, "cancel", "")
	r.o.handsets.center.work.Wait()
	if kept := r.kept(); len(kept) != 0 {
		t.Errorf("%v stay", kept)
	}
}

// TestDamagedMessageStopsTheStart, which names the file.
func TestDamagedMessageStopsTheStart(t *testing.T) {
	r := newRig(t)
	r.stop()
	if err := os.WriteFile(filepath.Join(r.dir, "sms", "sms_x.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openHandsets(Config{Dir: r.dir, Issuer: r.server.URL}); err == nil || !strings.Contains(err.Error(), "sms_x.json") {
		t.Error(err)
	}
	if err := os.Remove(filepath.Join(r.dir, "sms", "sms_x.json")); err != nil {
		t.Fatal(err)
	}
	r.start()
}

// TestCardsOutliveTheProcess: tries and counters stay used up, and a packet of before is no good.
func TestCardsOutliveTheProcess(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	r.press(s, r.next(s).ID, "confirm", "000000")
	before := r.card(s)
	if before.SigningTries != 2 || before.OTACounter == 0 {
		t.Fatalf("%+v", before)
	}
	r.stop()
	r.start()
	s = r.subscriber(0)
	if after := r.card(s); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
	if info, err := os.Stat(filepath.Join(r.dir, "cards", s.ICCID+".sim")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
	r.counters[s.IMSI]--
	if _, d := r.bring("ota_old", s.IMSI, r.secured(s, applet.Bank, applet.Cancel{ID: applet.ID{7}})); d.State != stateDelivered {
		t.Errorf("%+v", d) // with an authentic report that the counter is low
	}
	if after := r.card(s); after != before {
		t.Errorf("%+v, before %+v", after, before)
	}
}

// TestAnotherCard: the old one is out of the network at once, with what it asked, and the new one is blank.
func TestAnotherCard(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	r.transfer(s, 2)
	p, old := r.next(s), *s
	s.replaceSIM()
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	if status, _ := r.press(s, p.ID, "confirm", old.SigningPIN); status != http.StatusNotFound {
		t.Errorf("the old card's prompt: %d", status)
	}
	if _, d := r.bring("ota_1", old.IMSI, r.secured(&old, applet.Bank, applet.Cancel{ID: applet.ID{7}})); d.State != stateRejected {
		t.Errorf("the old card: %+v", d)
	}
	if c := r.card(s); c.ICCID != s.ICCID || c.OTACounter != 0 {
		t.Errorf("%+v", c)
	}
	r.transfer(s, 3)
	if answer := r.answered(s); answer.Result != applet.NoKey {
		t.Errorf("%+v", answer)
	}
}

// TestCardInAFurtherDevice: its prompts stand on the number's screen.
func TestCardInAFurtherDevice(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	if _, err := addSIM(r.o, s, order{}); err != nil {
		t.Fatal(err)
	}
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	watch := &Subscriber{Number: s.Number, SIM: s.Added[0]}
	r.ask(watch, applet.Enrol{ID: applet.ID{1}, Kind: applet.KindLogin, Algorithm: applet.P256, Party: "示例银行"})
	if status, then := r.press(s, r.next(watch).ID, "cancel", ""); status != http.StatusOK || then != nil {
		t.Errorf("%d %+v", status, then)
	}
	if answer := r.answered(watch); answer.Result != applet.Cancelled {
		t.Errorf("%+v", answer)
	}
}

// TestNumberWithoutCard: a free number has no phone.
func TestNumberWithoutCard(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	s.Assigned = false
	if err := r.o.keep(); err != nil {
		t.Fatal(err)
	}
	if status := r.get("/subscribers/"+s.Number+"/card", nil); status != http.StatusConflict {
		t.Error(status)
	}
	if status := r.get("/subscribers/+8613900000000/card", nil); status != http.StatusNotFound {
		t.Error(status)
	}
	if status := r.get("/subscribers/+8613900000000/screen", nil); status != http.StatusNotFound {
		t.Error(status)
	}
	if _, d := r.bring("ota_1", s.IMSI, r.secured(s, applet.Bank, applet.Cancel{ID: applet.ID{7}})); d.State != stateRejected {
		t.Errorf("%+v", d)
	}
}

// TestBusyCard: another question waits with the server; a repetition of the same one is where it belongs.
func TestBusyCard(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	r.enrolled(s)
	st := r.transfer(s, 2)
	p := r.next(s)
	same := "ota_" + strings.Repeat("x", r.sent)
	if status, d := r.bring(same+".2", s.IMSI, r.secured(s, applet.Bank, applet.Confirm{Statement: st})); status != http.StatusOK || d.State != stateDelivered {
		t.Errorf("again: %d %+v", status, d)
	}
	if status, d := r.bring("ota_other.1", s.IMSI, r.secured(s, applet.EID, applet.Enrol{ID: applet.ID{5}, Kind: applet.KindLogin, Algorithm: applet.P256, Party: "x"})); status != http.StatusOK || d.State != stateBusy {
		t.Errorf("another: %d %+v", status, d)
	}
	if now := r.next(s); now != p {
		t.Errorf("%+v", now)
	}
}

// TestShortMessageGatewayRefusals: whoever is not the server, or does not speak as it does, moves no card.
func TestShortMessageGatewayRefusals(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	good := smsWire{ID: "ota_1", IMSI: s.IMSI, TPDUs: r.secured(s, applet.Bank, applet.Cancel{ID: applet.ID{7}})}
	for name, c := range map[string]struct {
		body          any
		authorization string
		want          int
	}{
		"no token":       {good, "", http.StatusUnauthorized},
		"another token":  {good, "Bearer token of another", http.StatusUnauthorized},
		"a prefix":       {good, "Bearer token of the serve", http.StatusUnauthorized},
		"another scheme": {good, "Basic " + bearer, http.StatusUnauthorized},
		"no TPDU":        {smsWire{ID: "ota_1", IMSI: s.IMSI}, "Bearer " + bearer, http.StatusBadRequest},
		"not hex":        {smsWire{ID: "ota_1", IMSI: s.IMSI, TPDUs: []string{"0g"}}, "Bearer " + bearer, http.StatusBadRequest},
		"another shape":  {[]string{"x"}, "Bearer " + bearer, http.StatusBadRequest},
		"unknown member": {map[string]string{"imsi": s.IMSI, "text": "hello"}, "Bearer " + bearer, http.StatusBadRequest},
	} {
		if status := r.post("/sms", c.body, nil, c.authorization); status != c.want {
			t.Errorf("%s: %d, want %d", name, status, c.want)
		}
	}
	for name, tpdus := range map[string][]string{
		"empty":       {""},
		"a text":      {"04038121f30000621122314200230568656c6c6f"},
		"much":        {strings.Repeat("00", 300)},
		"cut":         {good.TPDUs[0][:40]},
		"wrong check": {strings.TrimSuffix(good.TPDUs[0], good.TPDUs[0][len(good.TPDUs[0])-2:]) + "00"},
	} {
		status, d := r.bring("ota_1", s.IMSI, tpdus)
		if status != http.StatusOK || d.State != stateRejected {
			t.Errorf("%s: %d %+v", name, status, d)
		}
	}
	if c := r.card(s); c.OTACounter != 0 || c.SIMTries != 3 {
		t.Errorf("%+v", c)
	}
	if status, d := r.bring(good.ID, good.IMSI, good.TPDUs); status != http.StatusOK || d.State != stateDelivered {
		t.Errorf("%d %+v", status, d)
	}
}

// TestCardsAreTheirOwn: no two cards of a world share a key or an identity.
func TestCardsAreTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for i := range 50 {
		s := newSubscriber(i)
		content, err := s.personalisation()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range [][]byte{[]byte(content.ICCID), []byte(content.IMSI), content.K[:], content.OPc[:], content.OTA[0].KIc, content.OTA[0].KID} {
			if sum := sha256.Sum256(v); seen[string(sum[:])] || bytes.Equal(v, make([]byte, len(v))) {
				t.Fatal("a key or an identity occurs twice")
			} else {
				seen[string(sum[:])] = true
			}
		}
	}
}

// TestUnsoundKeysMakeNoCard: a world that was changed by hand is refused.
func TestUnsoundKeysMakeNoCard(t *testing.T) {
	for name, spoil := range map[string]func(*SIM){
		"short Ki":  func(s *SIM) { s.Ki = s.Ki[:30] },
		"no KIc":    func(s *SIM) { s.KIc = "" },
		"not hex":   func(s *SIM) { s.OPc = strings.Repeat("g", 32) },
		"short PIN": func(s *SIM) { s.SigningPIN = "12" },
		"no IMSI":   func(s *SIM) { s.IMSI = "" },
	} {
		sim := makeSIM()
		spoil(&sim)
		if _, err := openCard(filepath.Join(t.TempDir(), "card"), sim); err == nil {
			t.Errorf("%s: a card was made", name)
		}
	}
}
