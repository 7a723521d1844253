package simshield_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// inTransfer changes a member of the transfer.
func inTransfer(name string, value any) func(claims) {
	return func(c claims) { c["transfer"].(claims)[name] = value }
}

func with(name string, value any) func(claims) { return func(c claims) { c[name] = value } }

func without(name string) func(claims) { return func(c claims) { delete(c, name) } }

// TestRefusedRequests: each is refused with its reason, and the phone stays dark.
func TestRefusedRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		w.register("other", "另一银行")
		now := w.clock.now()
		for name, c := range map[string]struct {
			change func(claims)
			reason string
		}{
			"issuer":              {with("iss", "other"), simshield.ReasonRequest},
			"audience":            {with("aud", "https://elsewhere.example"), simshield.ReasonRequest},
			"expired":             {with("exp", now.Add(-time.Second).Unix()), simshield.ReasonRequest},
			"lives too long":      {with("exp", now.Add(time.Hour).Unix()), simshield.ReasonRequest},
			"from the future":     {with("iat", now.Add(time.Minute).Unix()), simshield.ReasonRequest},
			"no order":            {without("order"), simshield.ReasonRequest},
			"long order":          {with("order", strings.Repeat("x", 65)), simshield.ReasonRequest},
			"no customer":         {without("customer"), simshield.ReasonRequest},
			"unknown member":      {with("amount", "1.00"), simshield.ReasonRequest},
			"unknown in transfer": {inTransfer("payee", "x"), simshield.ReasonRequest},
			"two subjects":        {with("login", claims{"challenge": make([]byte, 32)}), simshield.ReasonRequest},
			"no subject":          {without("transfer"), simshield.ReasonRequest},
			"late":                {with("not_after", now.Add(time.Hour).Format(time.RFC3339)), simshield.ReasonRequest},
			"in the past":         {with("not_after", now.Add(-time.Second).Format(time.RFC3339)), simshield.ReasonRequest},
			"application":         {with("application", "wallet"), simshield.ReasonRequest},
			"language":            {with("language", "tlh"), simshield.ReasonRequest},
			"no number":           {with("phone_number", "13800000001"), simtrust.ReasonInvalidNumber},
			"nobody's number":     {with("phone_number", "+8613800009999"), simshield.ReasonNotEnrolled},

			"amount with comma":      {inTransfer("amount", "48,000.00"), applet.ReasonAmount},
			"amount without fen":     {inTransfer("amount", "48000"), applet.ReasonAmount},
			"amount in full width":   {inTransfer("amount", "４8000.00"), applet.ReasonAmount},
			"negative":               {inTransfer("amount", "-1.00"), applet.ReasonAmount},
			"currency":               {inTransfer("currency", "USD"), simshield.ReasonCurrency},
			"no payee":               {inTransfer("payee_name", ""), applet.ReasonMissing},
			"zero width":             {inTransfer("payee_name", "张\u200b伟"), applet.ReasonInvisible},
			"right to left":          {inTransfer("payee_name", "张伟\u202e"), applet.ReasonDirection},
			"line break":             {inTransfer("memo", "货款\n金额：¥1.00"), applet.ReasonControl},
			"a space at the end":     {inTransfer("payee_name", "张伟 "), applet.ReasonSpace},
			"Arabic digits":          {inTransfer("memo", "٤٥"), applet.ReasonDirection},
			"full-width digits":      {inTransfer("memo", "４５"), applet.ReasonDigit},
			"beyond UCS-2":           {inTransfer("memo", "💰"), applet.ReasonUnsupported},
			"other channels":         {inTransfer("other_channels", "many"), simshield.ReasonRequest},
			"a batch with a payee":   {inTransfer("batch", claims{"count": 2, "sha256": make([]byte, 32)}), ""},
			"a batch without digest": {inTransfer("batch", claims{"count": 2, "sha256": make([]byte, 31)}), simshield.ReasonRequest},
		} {
			t.Run(name, func(t *testing.T) {
				request := w.bank.transfer("order-1", 48_000)
				c.change(request)
				tx, err := w.Confirm(t.Context(), w.bank.id, w.bank.sign(request))
				if reason := simtrust.ReasonOf(err); err == nil || c.reason != "" && reason != c.reason {
					t.Errorf("want %s, got %s, %v", c.reason, tx.State, err)
				}
			})
		}
		w.settle()
		if len(p.person.shown) != 0 {
			t.Errorf("the phone shows %q", p.person.shown)
		}
	})
}

// TestForgedRequests: only a key that the party has registered asks.
func TestForgedRequests(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		other := w.register("other", "另一银行")
		stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		good := w.bank.sign(w.bank.transfer("order-1", 10))
		parts := strings.Split(good, ".")
		sign := func(typ string, method jwt.SigningMethod, key any) string {
			token := jwt.NewWithClaims(method, jwt.MapClaims(w.bank.transfer("order-1", 10)))
			token.Header["typ"], token.Header["kid"] = typ, "1"
			text, err := token.SignedString(key)
			if err != nil {
				t.Fatal(err)
			}
			return text
		}
		for name, c := range map[string]struct{ request, reason string }{
			"another key":     {sign(request.Type, jwt.SigningMethodES256, stranger), simshield.ReasonRequestKey},
			"another party's": {sign(request.Type, jwt.SigningMethodES256, other.key), simshield.ReasonRequestKey},
			"no signature":    {sign(request.Type, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType), simshield.ReasonRequestKey},
			"a MAC":           {sign(request.Type, jwt.SigningMethodHS256, []byte("1")), simshield.ReasonRequestKey},
			"another type":    {sign("JWT", jwt.SigningMethodES256, w.bank.key), simshield.ReasonRequest},
			"other claims":    {parts[0] + "." + strings.Split(w.bank.sign(w.bank.transfer("order-1", 11)), ".")[1] + "." + parts[2], simshield.ReasonRequestKey},
			"cut":             {parts[0] + "." + parts[1], simshield.ReasonRequest},
			"nothing":         {"", simshield.ReasonRequest},
			"much":            {strings.Repeat("a", 1<<15), simshield.ReasonRequest},
		} {
			if _, err := w.Confirm(t.Context(), w.bank.id, c.request); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: want %s, got %v", name, c.reason, err)
			}
		}
		party, _ := w.parties.Party(t.Context(), w.bank.id)
		party.Suspended = true
		w.parties.set(party)
		w.bank.refused(simshield.ReasonPartySuspended, w.bank.transfer("order-1", 10))
	})
}

// TestOrders: an order is one transaction; with another content it is refused, whatever became of it.
func TestOrders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		request := w.bank.transfer("order-1", 100)
		first, again := w.bank.ask(request), w.bank.ask(request)
		if first.ID != again.ID {
			t.Error("the same order is two transactions")
		}
		w.bank.refused(simshield.ReasonReplayed, w.bank.transfer("order-1", 101))
		w.settle()
		w.is(first.ID, simshield.StateSigned, "")
		if again := w.bank.ask(request); again.ID != first.ID || again.State != simshield.StateSigned {
			t.Errorf("%+v", again)
		}
		w.bank.refused(simshield.ReasonReplayed, w.bank.transfer("order-1", 101))
		w.settle()
		if n := strings.Count(strings.Join(p.person.shown, "\n"), "【转账确认】"); n != 1 {
			t.Errorf("shown %d times", n)
		}
	})
}

// TestOthers: a party sees and moves nothing of another's, and a bank's keys answer to that bank only.
func TestOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		other := w.register("other", "另一银行")
		other.refused(simshield.ReasonNotEnrolled, other.transfer("order-1", 100))
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if _, err := w.Transaction(t.Context(), other.id, tx.ID); simtrust.ReasonOf(err) != simshield.ReasonUnknown {
			t.Error("polled:", err)
		}
		if _, err := w.Cancel(t.Context(), other.id, tx.ID); simtrust.ReasonOf(err) != simshield.ReasonUnknown {
			t.Error("cancelled:", err)
		}
		w.settle()
		if _, err := w.Receipt(t.Context(), other.id, tx.ID); simtrust.ReasonOf(err) != simshield.ReasonUnknown {
			t.Error("receipt:", err)
		}
		w.is(tx.ID, simshield.StateSigned, "")
	})
}
