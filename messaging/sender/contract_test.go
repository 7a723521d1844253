package sender_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// senders is the operations, in process or remotely.
type senders interface {
	CreateBrand(context.Context, sender.BrandReq) (sender.Brand, error)
	VerifyBrand(context.Context, string, sender.Decision) (sender.Brand, error)
	Brands(context.Context, sender.Page) ([]sender.Brand, string, error)
	CreateChatbot(context.Context, sender.ChatbotReq) (sender.Chatbot, error)
	Chatbot(context.Context, string) (sender.Chatbot, error)
	Chatbots(context.Context, sender.ChatbotQuery, sender.Page) ([]sender.Chatbot, string, error)
	Review(context.Context, sender.Review) (sender.Chatbot, error)
	Suspend(context.Context, string, sender.Decision) (sender.Chatbot, error)
	Resume(context.Context, string, sender.Decision) (sender.Chatbot, error)
	SetQuotas(context.Context, string, sender.Quotas, string) (sender.Chatbot, error)
	SetProfile(context.Context, string, sender.Profile, string) (sender.Chatbot, error)
	SetMenu(context.Context, string, gsma.Menu, string) (sender.Chatbot, error)
	Bind(context.Context, sender.BindReq) (sender.Chatbot, error)
	SubmitTemplate(context.Context, sender.TemplateReq) (sender.Template, error)
	Template(context.Context, string) (sender.Template, error)
	Templates(context.Context, sender.TemplateQuery, sender.Page) ([]sender.Template, string, error)
	ReviewTemplate(context.Context, string, bool, sender.Decision) (sender.Template, error)
	History(context.Context, string, sender.Page) ([]sender.Act, string, error)
}

var (
	_ senders = (*sender.Service)(nil)
	_ senders = (*sender.Client)(nil)
)

// gate authenticates tokens of the form "client|scope scope".
type gate struct{}

func (gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	client, scopes, ok := strings.Cut(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), "|")
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: rpc.ReasonNoCredential}
	}
	return rpc.Caller{Client: client, Scopes: strings.Fields(scopes)}, nil
}

// serve mounts the operations and returns clients for tokens.
func (w *world) serve() (as func(token string) *sender.Client) {
	r := rpc.NewRouter(rpc.Config{Auth: gate{}})
	w.Mount(r)
	server := httptest.NewServer(r)
	w.t.Cleanup(server.Close)
	return func(token string) *sender.Client {
		return sender.NewClient(rpc.NewClient(server.URL, server.Client(), token))
	}
}

// faces runs fn in process and over HTTP.
func faces(t *testing.T, fn func(t *testing.T, w *world, s senders)) {
	t.Helper()
	t.Run("in process", func(t *testing.T) {
		w := embedded(t)
		fn(t, w, w.Service)
	})
	t.Run("http", func(t *testing.T) {
		w := embedded(t)
		fn(t, w, w.serve()("operator|messaging:admin"))
	})
}

var unexported = cmpopts.IgnoreUnexported(sender.Chatbot{}, sender.Template{})

func TestChatbotContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, s senders) {
		b, err := s.CreateBrand(t.Context(), sender.BrandReq{Name: "海港银行", Holder: "org-7", Organization: "海港银行股份有限公司", OrganizationID: "NTRCN-91110000",
			By: "operator"})
		want := sender.Brand{ID: b.ID, Name: "海港银行", Holder: "org-7", Organization: "海港银行股份有限公司", OrganizationID: "NTRCN-91110000",
			Created: w.clock.now()}
		if must(t, b, err); b != want {
			t.Errorf("brand %+v", b)
		}
		req := sender.ChatbotReq{Client: "bank", Brand: b.ID, Name: "海港银行", ServiceID: "sip:10655001@bot.operator.example", SMSFallback: true,
			Profile: sender.Profile{Logo: "https://bank.example/logo.png", Colour: "#0A2540", Signature: "海港"}, Quotas: sender.Quotas{Day: 500}, By: "operator"}
		c, err := s.CreateChatbot(t.Context(), req)
		must(t, c, err)
		if c.State() != sender.Draft || c.Quotas.Day != 500 || c.Quotas.Second == 0 || c.BrandName != b.Name || !c.SMSFallback || c.Signature() != "海港" {
			t.Errorf("made %+v", c)
		}
		_, err = s.CreateChatbot(t.Context(), req)
		wantError(t, err, simtrust.KindConflict, sender.ReasonServiceTaken)
		_, err = s.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: c.Revision, Approved: true, Decision: operator})
		wantError(t, err, simtrust.KindConflict, sender.ReasonBrandOpen)
		b, err = s.VerifyBrand(t.Context(), b.ID, operator)
		if must(t, b, err); b.Verified.IsZero() {
			t.Error("not verified")
		}
		menu := gsma.Menu{Entries: []gsma.MenuEntry{{Suggestion: gsma.NewReply("余额", "balance")}}}
		c, err = s.SetMenu(t.Context(), c.ID, menu, "bank")
		if must(t, c, err); !cmp.Equal(c.Menu, menu) {
			t.Errorf("menu %+v", c.Menu)
		}
		cert := w.certificate("x")
		w.authority.change(cert.ID, func(c *ca.Certificate) { c.Subject.OrganizationID = b.OrganizationID })
		c, err = s.Bind(t.Context(), sender.BindReq{Chatbot: c.ID, Certificate: cert.ID, Proof: w.proof(c.ID, cert, nil), By: "bank"})
		if must(t, c, err); c.Certificate.ID != cert.ID || len(c.Certificate.SHA256) != 32 {
			t.Errorf("bound %+v", c.Certificate)
		}
		c, err = s.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: c.Revision, Approved: true, Decision: operator})
		if must(t, c, err); c.State() != sender.Verified {
			t.Errorf("verified %+v", c)
		}
		_, err = s.Review(t.Context(), sender.Review{Chatbot: c.ID, Revision: c.Revision, Approved: true, Decision: operator})
		wantError(t, err, simtrust.KindConflict, sender.ReasonNothing)
		c, err = s.SetQuotas(t.Context(), c.ID, sender.Quotas{Second: 7}, "operator")
		if must(t, c, err); c.Quotas.Second != 7 {
			t.Errorf("quotas %+v", c.Quotas)
		}
		shown, err := s.Chatbot(t.Context(), c.ID)
		if diff := cmp.Diff(c, must(t, shown, err), unexported); diff != "" {
			t.Errorf("shown (-changed +shown)\n%s", diff)
		}
		c, err = s.Suspend(t.Context(), c.ID, operator)
		if must(t, c, err); c.State() != sender.Suspended {
			t.Error("not suspended")
		}
		c, err = s.Resume(t.Context(), c.ID, operator)
		if must(t, c, err); c.State() != sender.Verified {
			t.Error("not resumed")
		}
		acts, _, err := s.History(t.Context(), c.ID, sender.Page{})
		if must(t, acts, err); len(acts) != 7 || acts[6].Act != "chatbot_resumed" || acts[6].By != "operator" || acts[6].Why != operator.Why {
			t.Errorf("on record %+v", acts)
		}
		page, next, err := s.History(t.Context(), c.ID, sender.Page{Limit: 6})
		if must(t, page, err); !cmp.Equal(page, acts[:6]) {
			t.Errorf("the first page: %+v", page)
		}
		page, next, err = s.History(t.Context(), c.ID, sender.Page{After: next})
		if must(t, page, err); !cmp.Equal(page, acts[6:]) || next != "" {
			t.Errorf("the second page: %+v", page)
		}
		_, _, err = s.History(t.Context(), "'", sender.Page{})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonPage)
		_, _, err = s.History(t.Context(), c.ID, sender.Page{After: "x"})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonPage)
	})
}

func TestTemplateContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, s senders) {
		c := w.draft(w.brand("Rail", "Rail Ltd"), "rail")
		req := sender.TemplateReq{Chatbot: c.ID, Class: sender.Transaction, Body: "Train {{1}} leaves at {{2}}.", By: "rail"}
		made, err := s.SubmitTemplate(t.Context(), req)
		if must(t, made, err); made.State != sender.Pending || made.Body != req.Body {
			t.Errorf("submitted %+v", made)
		}
		again, err := s.SubmitTemplate(t.Context(), req)
		if must(t, again, err); again.ID != made.ID {
			t.Error("the same text is two templates")
		}
		_, err = s.ReviewTemplate(t.Context(), made.ID, false, sender.Decision{By: "operator"})
		wantError(t, err, simtrust.KindInvalid, sender.ReasonWhy)
		approved, err := s.ReviewTemplate(t.Context(), made.ID, true, sender.Decision{By: "operator"})
		if must(t, approved, err); approved.State != sender.Approved || approved.ReviewedBy != "operator" {
			t.Errorf("approved %+v", approved)
		}
		_, err = s.ReviewTemplate(t.Context(), made.ID, true, sender.Decision{By: "operator"})
		wantError(t, err, simtrust.KindConflict, sender.ReasonReviewed)
		rejected, err := s.ReviewTemplate(t.Context(), made.ID, false, sender.Decision{By: "operator", Why: "complaints"})
		if must(t, rejected, err); rejected.State != sender.Rejected || rejected.Why != "complaints" {
			t.Errorf("rejected %+v", rejected)
		}
		_, err = s.ReviewTemplate(t.Context(), made.ID, true, operator)
		wantError(t, err, simtrust.KindConflict, sender.ReasonReviewed)
		shown, err := s.Template(t.Context(), made.ID)
		if diff := cmp.Diff(rejected, must(t, shown, err), unexported); diff != "" {
			t.Errorf("shown (-changed +shown)\n%s", diff)
		}
		_, err = s.Template(t.Context(), simtrust.NewID("tpl"))
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownText)
		_, err = s.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: simtrust.NewID("bot"), Class: sender.Promotion, Body: "Sale"})
		wantError(t, err, simtrust.KindNotFound, sender.ReasonUnknownBot)
	})
}

// TestListsContract: pages of two, to the end.
func TestListsContract(t *testing.T) {
	faces(t, func(t *testing.T, w *world, s senders) {
		var brands, chatbots, templates []string
		for _, name := range []string{"Amber", "Birch", "Cedar", "Delta", "Eagle"} {
			b := w.brand(name, name)
			c := w.draft(b, "client-"+name)
			tpl, err := s.SubmitTemplate(t.Context(), sender.TemplateReq{Chatbot: c.ID, Class: sender.Promotion, Body: "Sale", By: "x"})
			must(t, tpl, err)
			brands, chatbots, templates = append(brands, b.ID), append(chatbots, c.ID), append(templates, tpl.ID)
		}
		suspended, err := s.Suspend(t.Context(), chatbots[2], operator)
		must(t, suspended, err)
		sameIDs(t, "brands", brands, func(p sender.Page) ([]string, string, error) {
			list, next, err := s.Brands(t.Context(), p)
			return ids(list, func(b sender.Brand) string { return b.ID }), next, err
		})
		for state, want := range map[sender.State][]string{"": chatbots, sender.Draft: slices.Delete(slices.Clone(chatbots), 2, 3),
			sender.Suspended: chatbots[2:3], sender.Verified: nil} {
			sameIDs(t, "chatbots "+string(state), want, func(p sender.Page) ([]string, string, error) {
				list, next, err := s.Chatbots(t.Context(), sender.ChatbotQuery{State: state}, p)
				return ids(list, func(c sender.Chatbot) string { return c.ID }), next, err
			})
		}
		for q, want := range map[sender.TemplateQuery][]string{{}: templates, {State: sender.Pending}: templates, {State: sender.Approved}: nil,
			{Chatbot: chatbots[1]}: templates[1:2]} {
			sameIDs(t, "templates", want, func(p sender.Page) ([]string, string, error) {
				list, next, err := s.Templates(t.Context(), q, p)
				return ids(list, func(t sender.Template) string { return t.ID }), next, err
			})
		}
		for name, list := range map[string]func() error{
			"brands": func() error { _, _, err := s.Brands(t.Context(), sender.Page{After: "x"}); return err },
			"chatbots": func() error {
				_, _, err := s.Chatbots(t.Context(), sender.ChatbotQuery{}, sender.Page{After: brands[0]})
				return err
			},
			"chatbots, state": func() error {
				_, _, err := s.Chatbots(t.Context(), sender.ChatbotQuery{State: "gone"}, sender.Page{})
				return err
			},
			"templates, bot": func() error {
				_, _, err := s.Templates(t.Context(), sender.TemplateQuery{Chatbot: "\x00"}, sender.Page{})
				return err
			},
			"templates, state": func() error {
				_, _, err := s.Templates(t.Context(), sender.TemplateQuery{State: "gone"}, sender.Page{})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) { wantError(t, list(), simtrust.KindInvalid, sender.ReasonPage) })
		}
	})
}

func ids[T any](list []T, id func(T) string) (ids []string) {
	for _, v := range list {
		ids = append(ids, id(v))
	}
	return ids
}

func sameIDs(t *testing.T, what string, want []string, read func(sender.Page) ([]string, string, error)) {
	t.Helper()
	var got []string
	for p := (sender.Page{Limit: 2}); ; {
		list, next, err := read(p)
		got = append(got, must(t, list, err)...)
		if len(list) > 2 {
			t.Errorf("%s: a page of %d", what, len(list))
		}
		if p.After = next; next == "" {
			break
		}
	}
	if want = slices.Sorted(slices.Values(want)); !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}
