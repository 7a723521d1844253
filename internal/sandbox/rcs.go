package sandbox

import (
	"context"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
)

// maxRCS holds the largest request for messages.
const maxRCS = 64 << 20

// rcs is the operator's gateway for rich messages, as the server calls it:
//
//	POST /rcs/capabilities  {"numbers":[…]}   {"rcs":[…]}
//	POST /rcs/messages      {"messages":[…]}  {"results":[…]}
//	POST /rcs/queries       {"ids":[…]}       {"results":[…]}
//	POST /rcs/revocations   {"ids":[…]}       {"results":[…]}
type rcs struct {
	mail   *mail
	report func(context.Context, rcsReports) (struct{}, error)
}

type (
	rcsNumbers struct {
		Numbers []string `json:"numbers"`
	}
	rcsReach struct {
		RCS []bool `json:"rcs"`
	}
	rcsMessages struct {
		Messages []rcsMessage `json:"messages"`
	}
	rcsMessage struct {
		ID      string `json:"id"`
		Number  string `json:"number"`
		Channel string `json:"channel"`
		Sender  struct {
			ID        string `json:"id"`
			Name      string `json:"name"`
			ServiceID string `json:"service_id"`
		} `json:"sender"`
		Reference         string    `json:"reference"`
		Expires           time.Time `json:"expires"`
		ContentType       string    `json:"content_type"`
		Body              string    `json:"body"`
		Statement         string    `json:"statement"`
		Salt              string    `json:"salt"`
		PossibleDuplicate bool      `json:"possible_duplicate"`
	}
	rcsIDs struct {
		IDs []string `json:"ids"`
	}
	rcsResults struct {
		Results []outcome `json:"results"`
	}
	rcsReport struct {
		ID    string    `json:"id"`
		Ref   string    `json:"ref"`
		State string    `json:"state"`
		At    time.Time `json:"at"`
	}
	rcsReports struct {
		Reports []rcsReport `json:"reports"`
	}
)

func newRCS(m *mail, server *rpc.Client) *rcs {
	return &rcs{m, rpc.Call[rcsReports, struct{}](server, "POST /messaging/v1/rcs/reports")}
}

func (g *rcs) routes(mux *http.ServeMux, token string) {
	mux.HandleFunc("POST /rcs/capabilities", withToken(token, asked(g.capabilities)))
	mux.HandleFunc("POST /rcs/messages", withToken(token, asked(g.messages)))
	mux.HandleFunc("POST /rcs/queries", withToken(token, asked(g.queries)))
	mux.HandleFunc("POST /rcs/revocations", withToken(token, asked(g.revocations)))
}

// withToken lets only the server through.
func withToken(token string, serve http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		given, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !bearer || subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the gateway's token is needed", http.StatusUnauthorized)
			return
		}
		serve(w, r)
	}
}

// asked answers a JSON request. An answer that could not be kept is none: the server asks again.
func asked[Req, Res any](do func(Req) (Res, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var req Req
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRCS)).Decode(&req); err != nil {
			answer(w, nil, errors.New("the body is not what the gateway takes"))
			return
		}
		res, err := do(req)
		if err != nil {
			http.Error(w, "messages cannot be kept", http.StatusInternalServerError)
			return
		}
		answer(w, res, nil)
	}
}

// capabilities says which phones take rich messages; one that is switched off does, later.
func (g *rcs) capabilities(req rcsNumbers) (rcsReach, error) {
	out := rcsReach{make([]bool, len(req.Numbers))}
	for i, n := range req.Numbers {
		tenure, d := g.mail.phone(n)
		out.RCS[i] = tenure != "" && d.RCS
	}
	return out, nil
}

func (g *rcs) messages(req rcsMessages) (rcsResults, error) {
	results := make([]outcome, len(req.Messages))
	var list []*message
	var places []int
	for i, r := range req.Messages {
		if _, err := gsma.Decode(gsma.Part{ContentType: r.ContentType, Data: []byte(r.Body)}); err != nil || !r.complete() {
			results[i] = outcome{State: "rejected", Reason: "content_invalid"}
			continue
		}
		list, places = append(list, r.message()), append(places, i)
	}
	taken, err := g.mail.take(list)
	for k, i := range places {
		results[i] = taken[k]
	}
	return rcsResults{results}, err
}

func (r *rcsMessage) complete() bool {
	return r.ID != "" && r.Sender.ServiceID != "" && (r.Channel == string(gsma.RCS) || r.Channel == string(gsma.Enhanced))
}

func (r *rcsMessage) message() *message {
	return &message{Key: r.ID, Number: r.Number, Channel: r.Channel, Sender: r.Sender.ServiceID, Name: r.Sender.Name, Reference: r.Reference,
		ContentType: r.ContentType, Body: r.Body, Statement: r.Statement, Salt: r.Salt, Expires: r.Expires}
}

func (g *rcs) queries(req rcsIDs) (rcsResults, error) {
	results, err := g.mail.query(req.IDs)
	return rcsResults{results}, err
}

func (g *rcs) revocations(req rcsIDs) (rcsResults, error) {
	results, err := g.mail.revoke(req.IDs)
	return rcsResults{results}, err
}

// tell reports to the server. What it refuses for good is not reported again.
func (g *rcs) tell(ctx context.Context, list []news) ([]news, error) {
	var req rcsReports
	for _, n := range list {
		if !n.unheard.IsZero() { // a phone notifies of the delivery before it shows a message, however soon it does
			req.Reports = append(req.Reports, n.report(mailDelivered, n.unheard))
		}
		req.Reports = append(req.Reports, n.report(n.now.State, n.now.At))
	}
	switch _, err := g.report(ctx, req); {
	case err == nil:
		return list, nil
	case simtrust.KindOf(err) == simtrust.KindInvalid:
		g.mail.log.Warn("the server refuses reports of messages", "error", err)
		return list, nil
	default:
		return nil, err
	}
}

func (n *news) report(state string, at time.Time) rcsReport {
	return rcsReport{ID: n.Key, Ref: n.ID, State: state, At: at}
}

func (g *rcs) reporter() *reporter {
	return &reporter{mail: g.mail, mine: func(m *message) bool { return m.SMS == nil }, tell: g.tell}
}

// verification asks the server about a statement, as anybody may.
type verification struct {
	Statement   string `json:"statement"`
	ContentType string `json:"content_type"`
	Body        string `json:"body"`
	Number      string `json:"number"`
	Salt        string `json:"salt"`
}

type verdict struct {
	Valid  bool `json:"valid"`
	Checks []struct {
		Check string `json:"check"`
		OK    bool   `json:"ok"`
	} `json:"checks"`
}

// statements returns what checks a message's statement: it must hold the content as it came, and this phone's own number.
func statements(server *rpc.Client) func(context.Context, *message) (bool, error) {
	ask := rpc.Call[verification, verdict](server, "POST /messaging/v1/statements/verify")
	return func(ctx context.Context, m *message) (bool, error) {
		v, err := ask(ctx, verification{m.Statement, m.ContentType, m.Body, m.Number, m.Salt})
		if err != nil && !passing(err) {
			return false, nil
		}
		return v.Valid && v.about("content") && v.about("recipient") && v.about("sender"), err
	}
}

// about reports whether something was checked, and right.
func (v *verdict) about(check string) bool {
	for _, c := range v.Checks {
		if c.Check == check {
			return c.OK
		}
	}
	return false
}
