package sender_test

import (
	"strings"
	"sync"
	"testing"

	"simtrust"
	"simtrust/messaging/sender"
)

// TestHomoglyphBrands: a name that looks like another brand's is not registered, whoever asks.
func TestHomoglyphBrands(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.brand("Paypal", "Paypal Ltd")
		w.brand("工商银行", "工商银行")
		for name, twin := range map[string]string{
			"the same":         "Paypal",
			"in capitals":      "PAYPAL",
			"Cyrillic а":       "Pаypаl",
			"Greek":            "Ραypal",
			"wide":             "Ｐａｙｐａｌ",
			"with a hyphen":    "Pay-pal",
			"with a space":     "Pay pal",
			"a capital I":      "PaypaI",
			"a digit":          "Paypa1",
			"with an accent":   "Páypal",
			"Chinese, a space": "工商 银行",
			"katakana":         "エ商银行",
		} {
			_, err := w.CreateBrand(t.Context(), sender.BrandReq{Name: twin, Holder: "org-2", Organization: "Paypal Ltd"})
			if simtrust.ReasonOf(err) != sender.ReasonResembles || simtrust.KindOf(err) != simtrust.KindConflict {
				t.Errorf("%s: %v", name, err)
			}
		}
		list, _, err := w.Brands(t.Context(), sender.Page{})
		if must(t, list, err); len(list) != 2 {
			t.Errorf("%d brands are registered", len(list))
		}
	})
}

// TestNamesOfChatbots: neither the name nor the signature of a chatbot is another brand's, at whatever time it came.
func TestNamesOfChatbots(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bank, shop := w.brand("Harbour Bank", "Harbour Bank Ltd"), w.brand("Shop", "Shop Ltd")
		_, err := w.CreateChatbot(t.Context(), sender.ChatbotReq{Client: "shop", Brand: shop.ID, Name: "Hаrbour Bаnk"})
		wantError(t, err, simtrust.KindConflict, sender.ReasonResembles)
		_, err = w.CreateChatbot(t.Context(), sender.ChatbotReq{Client: "shop", Brand: shop.ID, Name: "Shop", Profile: sender.Profile{Signature: "HARBOURBANK"}})
		wantError(t, err, simtrust.KindConflict, sender.ReasonResembles)
		c := w.draft(shop, "shop")
		_, err = w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "harb0ur bank"}, "shop")
		wantError(t, err, simtrust.KindConflict, sender.ReasonResembles)
		own := w.draft(bank, "bank")
		_, err = w.SetProfile(t.Context(), own.ID, sender.Profile{Signature: "Harbour-Bank"}, "bank")
		must(t, own, err)

		// A name that was free when it was proposed and is another brand's when it is reviewed.
		_, err = w.SetProfile(t.Context(), c.ID, sender.Profile{Signature: "Late"}, "shop")
		must(t, c, err)
		w.brand("LATE", "Late Ltd")
		_, err = w.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: 2, Approved: true, Decision: operator})
		wantError(t, err, simtrust.KindConflict, sender.ReasonResembles)

		// A reviewed signature is taken for its brand.
		w.approve(own.ID)
		late := w.brand("Late Shop", "Late Shop Ltd")
		_, err = w.CreateChatbot(t.Context(), sender.ChatbotReq{Client: "x", Brand: late.ID, Name: "harbourbank"})
		wantError(t, err, simtrust.KindConflict, sender.ReasonResembles)
	})
}

// TestTwinsAtOnce: of brands that look alike and come at once, one is registered.
func TestTwinsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		names := []string{"Bank", "BANK", "Вank", "B-a-n-k", "Ｂank", "bаnk", "Bänk", "B ank"}
		errs := make([]error, len(names))
		var all sync.WaitGroup
		for i, name := range names {
			all.Go(func() {
				_, errs[i] = w.CreateBrand(t.Context(), sender.BrandReq{Name: name, Holder: "org", Organization: "Bank"})
			})
		}
		all.Wait()
		made := 0
		for _, err := range errs {
			if err == nil {
				made++
			} else if simtrust.ReasonOf(err) != sender.ReasonResembles {
				t.Error(err)
			}
		}
		if made != 1 {
			t.Errorf("%d of the twins are registered", made)
		}
	})
}

// TestBadNames: what nobody could see, or what is no name at all.
func TestBadNames(t *testing.T) {
	w := embedded(t)
	b := w.brand("Shop", "Shop Ltd")
	for what, name := range map[string]string{
		"nothing": "", "space": "  ", "space at the end": "Bank ", "a line break": "Ba\nnk", "a NUL": "Ba\x00nk", "a direction mark": "Ba\u202enk",
		"a zero width": "Ba\u200bnk", "no UTF-8": "Ba\xffnk", "no letter": "—!—", "too long": strings.Repeat("a", 65),
	} {
		_, err := w.CreateBrand(t.Context(), sender.BrandReq{Name: name, Holder: "org", Organization: "Bank"})
		_, err2 := w.CreateChatbot(t.Context(), sender.ChatbotReq{Client: "c", Brand: b.ID, Name: name})
		if simtrust.ReasonOf(err) != sender.ReasonName || simtrust.ReasonOf(err2) != sender.ReasonName {
			t.Errorf("%s: %v, %v", what, err, err2)
		}
	}
	for what, r := range map[string]sender.BrandReq{
		"no organisation": {Name: "A", Holder: "org"}, "no holder": {Name: "A", Organization: "A"},
		"a line break": {Name: "A", Holder: "o\n", Organization: "A"}, "in the identifier": {Name: "A", Holder: "o", Organization: "A", OrganizationID: "\x00"},
	} {
		if _, err := w.CreateBrand(t.Context(), r); simtrust.ReasonOf(err) != sender.ReasonOrganization {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, c := range map[string]struct {
		req    sender.ChatbotReq
		reason string
	}{
		"no client":               {sender.ChatbotReq{Brand: b.ID, Name: "Shop"}, sender.ReasonClient},
		"a client with a space":   {sender.ChatbotReq{Client: "a b", Brand: b.ID, Name: "Shop"}, sender.ReasonClient},
		"no brand":                {sender.ChatbotReq{Client: "c", Name: "Shop"}, sender.ReasonUnknownBrand},
		"an unknown brand":        {sender.ChatbotReq{Client: "c", Brand: simtrust.NewID("brd"), Name: "Shop"}, sender.ReasonUnknownBrand},
		"a telephone number":      {sender.ChatbotReq{Client: "c", Brand: b.ID, Name: "Shop", ServiceID: "tel:10655"}, sender.ReasonServiceID},
		"a service id in capital": {sender.ChatbotReq{Client: "c", Brand: b.ID, Name: "Shop", ServiceID: "sip:A@b.example"}, sender.ReasonServiceID},
		"a port":                  {sender.ChatbotReq{Client: "c", Brand: b.ID, Name: "Shop", ServiceID: "sip:a@b.example:5060"}, sender.ReasonServiceID},
		"a negative quota":        {sender.ChatbotReq{Client: "c", Brand: b.ID, Name: "Shop", Quotas: sender.Quotas{Day: -1}}, sender.ReasonQuotas},
		"an endless quota":        {sender.ChatbotReq{Client: "c", Brand: b.ID, Name: "Shop", Quotas: sender.Quotas{Day: 1 << 62}}, sender.ReasonQuotas},
	} {
		if _, err := w.CreateChatbot(t.Context(), c.req); simtrust.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", what, err)
		}
	}
}
