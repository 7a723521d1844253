package dispatch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// TestAcceptRefuses what is no plan, and queues nothing then.
func TestAcceptRefuses(t *testing.T) {
	type order struct {
		p  dispatch.Plan
		to []dispatch.Target
	}
	long := strings.Repeat("x", 129)
	for name, spoil := range map[string]func(o *order){
		"no message":        func(o *order) { o.p.Message = "" },
		"long message":      func(o *order) { o.p.Message = long },
		"no chatbot":        func(o *order) { o.p.Chatbot = "" },
		"long chatbot":      func(o *order) { o.p.Chatbot = long },
		"no class":          func(o *order) { o.p.Class = "" },
		"unknown class":     func(o *order) { o.p.Class = "Promotion" },
		"no expiry":         func(o *order) { o.p.Expires = time.Time{} },
		"expired":           func(o *order) { o.p.Expires = epoch },
		"far expiry":        func(o *order) { o.p.Expires = epoch.Add(31 * 24 * time.Hour) },
		"negative window":   func(o *order) { o.p.SIMChangedWithin = -1 },
		"no steps":          func(o *order) { o.p.Steps = nil },
		"nine steps":        func(o *order) { o.p.Steps = make([]dispatch.Step, 9) },
		"unknown channel":   func(o *order) { o.p.Steps[1].Channel = "pigeon" },
		"no channel":        func(o *order) { o.p.Steps[0].Channel = "" },
		"unknown condition": func(o *order) { o.p.Steps[1].When = "always" },
		"negative time":     func(o *order) { o.p.Steps[0].After = -1 },
		"long time":         func(o *order) { o.p.Steps[0].After = 16 * 24 * time.Hour },
		"large payload":     func(o *order) { o.p.Steps[0].Payload = make([]byte, 256<<10+1) },
		"long content type": func(o *order) { o.p.Steps[0].ContentType = long },
		"nobody":            func(o *order) { o.to = nil },
		"no delivery":       func(o *order) { o.to[1].Delivery = "" },
		"long delivery":     func(o *order) { o.to[1].Delivery = long },
		"no tenure":         func(o *order) { o.to[1].Tenure = "" },
		"a tenure twice":    func(o *order) { o.to[1].Tenure = o.to[0].Tenure },
		"long key":          func(o *order) { o.to[1].Key = long },
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			o := order{plan(dispatch.ClassService), targets(3)}
			spoil(&o)
			err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(t.Context(), tx, o.p, o.to) })
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != dispatch.ReasonPlan {
				t.Errorf("%v", err)
			}
			if n, err := w.Counts(t.Context(), "msg_1"); err != nil || len(n) != 0 {
				t.Errorf("%v, %v", n, err)
			}
		})
	}
}

// TestAcceptAll queues several messages at once, or none of them.
func TestAcceptAll(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good, bad := dispatch.Order{Plan: plan(dispatch.ClassService), To: targets(2)}, dispatch.Order{Plan: plan(dispatch.ClassPromotion), To: targets(3)[2:]}
		bad.Plan.Message, bad.Plan.Steps = "msg_2", nil
		all := func() error {
			return w.tx(func(tx *sqldb.Tx) error { return w.AcceptAll(t.Context(), tx, good, bad) })
		}
		if err := all(); simtrust.ReasonOf(err) != dispatch.ReasonPlan || w.Check(good) != nil || w.Check(bad) == nil {
			t.Errorf("%v", err)
		}
		w.drain()
		if n := len(w.net.copies); n != 0 {
			t.Errorf("%d copies", n)
		}
		bad.Plan.Steps = good.Plan.Steps[1:]
		if err := all(); err != nil {
			t.Fatal(err)
		}
		w.drain()
		if got := w.net.given(); !slices.Equal(got, []string{"dlv_0000.1 rcs", "dlv_0001.1 rcs", "dlv_0002.1 sms"}) {
			t.Errorf("copies %q", got)
		}
	})
}

// TestAcceptTwice: the same message, or the same delivery, is one.
func TestAcceptTwice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 1)
		if err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(t.Context(), tx, plan(dispatch.ClassService), targets(1)) }); !sqldb.IsUnique(err) {
			t.Errorf("%v", err)
		}
		p := plan(dispatch.ClassService)
		p.Message = "msg_2"
		if err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(t.Context(), tx, p, targets(1)) }); !sqldb.IsUnique(err) {
			t.Errorf("%v", err)
		}
		w.drain()
		w.want(dispatch.StateSubmitted, "1 rcs")
	})
}

// TestReportsThatAreNone change nothing, nor do those about what nobody sent.
func TestReportsThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 1)
		w.drain()
		sent := ref(w.net.copies[0].Copy)
		for name, r := range map[string]dispatch.Report{
			"no name":        {Fate: dispatch.FateDelivered},
			"two names":      {Ref: sent, ID: "dlv_0000.1", Fate: dispatch.FateDelivered},
			"no fate":        {Ref: sent},
			"unknown":        {Ref: sent, Fate: dispatch.FateUnknown},
			"other fate":     {Ref: sent, Fate: "DELIVRD"},
			"long reference": {Ref: strings.Repeat("9", 129), Fate: dispatch.FateDelivered},
			"no attempt":     {ID: "dlv_0000", Fate: dispatch.FateDelivered},
			"attempt 0":      {ID: "dlv_0000.0", Fate: dispatch.FateDelivered},
			"attempt -1":     {ID: "dlv_0000.-1", Fate: dispatch.FateDelivered},
			"attempt text":   {ID: "dlv_0000.x", Fate: dispatch.FateDelivered},
			"no delivery":    {ID: ".1", Fate: dispatch.FateDelivered},
		} {
			good := dispatch.Report{Ref: sent, Fate: dispatch.FateDelivered}
			if err := w.Report(t.Context(), rcs, []dispatch.Report{good, r}); simtrust.ReasonOf(err) != dispatch.ReasonReport {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Report(t.Context(), "pigeon", nil); simtrust.ReasonOf(err) != dispatch.ReasonReport {
			t.Errorf("%v", err)
		}
		void := []dispatch.Report{
			{Ref: "unheard of", Fate: dispatch.FateDelivered}, {ID: "dlv_9999.1", Fate: dispatch.FateDelivered},
			{ID: "dlv_0000.2", Fate: dispatch.FateDelivered}, {ID: "dlv_0000.999999", Fate: dispatch.FateFailed},
		}
		if err := w.Report(t.Context(), rcs, void); err != nil {
			t.Error(err)
		}
		w.drain()
		w.want(dispatch.StateSubmitted, "1 rcs")
	})
}

// TestBearersSpeakOfTheirOwnCopies: another's reference means nothing under a bearer's name, nor does another's copy.
func TestBearersSpeakOfTheirOwnCopies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Carry("other", &network{}, "other")
		w.send(plan(dispatch.ClassService))
		lies := []dispatch.Report{{Ref: ref(w.net.copies[0].Copy), Fate: dispatch.FateDelivered}, {ID: "dlv_0000.1", Fate: dispatch.FateDelivered}}
		if err := w.Report(t.Context(), "other", lies); err != nil {
			t.Error(err)
		}
		w.drain()
		w.want(dispatch.StateSubmitted, "1 rcs")
	})
}

// TestFutureReports are of now.
func TestFutureReports(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		w.send(plan(dispatch.ClassService))
		r := dispatch.Report{Ref: ref(w.net.copies[0].Copy), Fate: dispatch.FateDelivered, At: epoch.Add(time.Hour), Reason: strings.Repeat("r", 1000)}
		if err := w.Report(t.Context(), rcs, []dispatch.Report{r}); err != nil {
			t.Fatal(err)
		}
		var at int64
		if err := w.db.QueryRow(t.Context(), `select at from heard where state = $1`, "delivered").Scan(&at); err != nil || at != epoch.UnixMilli() {
			t.Errorf("at %d, %v", at, err)
		}
	})
}
