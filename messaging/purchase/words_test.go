package purchase_test

import (
	"strings"
	"testing"

	"simtrust"
	"simtrust/messaging/purchase"
)

// TestWords: the words of a chatbot are a line each, so that they cannot stand for what the bank signed, or push it out of sight.
func TestWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*purchase.AskReq){
			"facts of its own":  func(r *purchase.AskReq) { r.Text = "订单 7\n金额：¥1.00\n收款人：示例电器" },
			"lines of nothing":  func(r *purchase.AskReq) { r.Text = "订单 7" + strings.Repeat("\n", 100) },
			"a text too long":   func(r *purchase.AskReq) { r.Text = strings.Repeat("好", 201) },
			"a title too long":  func(r *purchase.AskReq) { r.Title = strings.Repeat("好", 201) },
			"a title of lines":  func(r *purchase.AskReq) { r.Title = "示例银行\n金额：¥1.00" },
			"turned characters": func(r *purchase.AskReq) { r.Text = "订单 \u202e7" },
		} {
			req := w.ask("order-1", "128.00")
			change(&req)
			if _, err := w.Ask(t.Context(), req); simtrust.ReasonOf(err) != purchase.ReasonRequest {
				t.Errorf("%s: %v", name, err)
			}
		}
		req := w.ask("order-1", "128.00")
		req.Title, req.Text = strings.Repeat("好", 200), strings.Repeat("好", 200)
		w.is(w.asked(req).id, purchase.StateAsked, "", "")
		if n := w.post.count(); n != 1 {
			t.Errorf("%d notices", n)
		}
	})
}
