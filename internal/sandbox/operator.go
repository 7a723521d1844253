package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"simtrust/internal/rpc"
)

// operator is the simulated operator: every change goes to the server as a feed event or a RADIUS record before it is answered.
type operator struct {
	mu    sync.Mutex
	world *World
	admin *rpc.Client
	nas   *gateway
	now   func() time.Time
	// handsets are the phones with the cards.
	handsets *handsets
	// exchange is the business messages on them.
	exchange *exchange
}

// order is the body of an operator action; every member is optional.
type order struct {
	IP string `json:"ip"`
	To string `json:"to"`
}

// facts is what an action answers: the number as it stands afterwards.
type facts struct {
	ContractHolder
	Assigned bool   `json:"assigned"`
	Holder   string `json:"holder"`
}

var (
	errNoNumber  = errors.New("no such number in this world; GET the desk page for the list")
	errAssigned  = errors.New("the number is assigned; release it first")
	errFree      = errors.New("the number is not assigned; assign it first")
	errPortedOut = errors.New("the number is ported out; port it in first")
	errAction    = errors.New("no such action; use attach, detach, release, assign, transfer, port-out, port-in, change-number, " +
		"new-sim, add-sim, new-device, change-user, suspend or resume")
)

// do carries out one action on one number.
func (o *operator) do(ctx context.Context, number, action string, in order) (facts, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.resume(ctx); err != nil {
		return facts{}, err
	}
	s := o.world.subscriber(number)
	if s == nil {
		return facts{}, errNoNumber
	}
	if do, ok := connections[action]; ok {
		if !s.Assigned {
			return facts{}, errFree
		}
		err := do(o, ctx, s, in)
		return factsOf(s), err
	}
	act, ok := actions[action]
	switch {
	case !ok:
		return facts{}, errAction
	case s.Assigned && act.onFree:
		return facts{}, errAssigned
	case !s.Assigned && !act.onFree:
		return facts{}, errFree
	}
	after, err := o.change(ctx, s, act, in)
	if err != nil {
		return facts{}, err
	}
	f := factsOf(after)
	if action == "add-sim" {
		f.put(after.Added[len(after.Added)-1])
	}
	return f, nil
}

// connections are the actions that the gateway carries out, without the feed.
var connections = map[string]func(*operator, context.Context, *Subscriber, order) error{
	"attach": (*operator).attach,
	"detach": (*operator).detach,
}

func factsOf(s *Subscriber) facts {
	return facts{ContractHolder: s.contract(), Assigned: s.Assigned, Holder: s.Holder}
}

// routes mounts POST /numbers/{number}/{action} and GET /numbers/{number}.
func (o *operator) routes(mux *http.ServeMux) {
	mux.HandleFunc("POST /numbers/{number}/{action}", func(w http.ResponseWriter, r *http.Request) {
		var in order
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4096)).Decode(&in); err != nil && !errors.Is(err, io.EOF) {
			answer(w, nil, errors.New(`the body must be empty or JSON such as {"ip":"127.1.0.9"}`))
			return
		}
		res, err := o.do(r.Context(), r.PathValue("number"), r.PathValue("action"), in)
		answer(w, res, err)
	})
	mux.HandleFunc("GET /numbers/{number}/wallet", func(w http.ResponseWriter, r *http.Request) {
		sums, err := o.walletOf(r.PathValue("number"))
		answer(w, sums, err)
	})
	mux.HandleFunc("GET /numbers/{number}", func(w http.ResponseWriter, r *http.Request) {
		o.mu.Lock()
		defer o.mu.Unlock()
		s := o.world.subscriber(r.PathValue("number"))
		if s == nil {
			answer(w, nil, errNoNumber)
			return
		}
		answer(w, factsOf(s), nil)
	})
}

func answer(w http.ResponseWriter, v any, err error) {
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(statusOf(err))
		v = map[string]string{"error": err.Error()}
	}
	_ = json.NewEncoder(w).Encode(v)
}

func statusOf(err error) int {
	var refused *refusal
	switch {
	case errors.Is(err, errNoNumber), errors.Is(err, errAction), errors.Is(err, errNoPrompt), errors.Is(err, errNoMessage), errors.Is(err, errNoChoice), errors.Is(err, errNoSender):
		return http.StatusNotFound
	case errors.Is(err, errAssigned), errors.Is(err, errFree), errors.Is(err, errPortedOut), errors.Is(err, errNoCard), errors.As(err, &refused),
		errors.Is(err, errNotHeld), errors.Is(err, errNoRich), errors.Is(err, errSwitched), errors.Is(err, errTextSpam):
		return http.StatusConflict
	case errors.Is(err, errUnanswered):
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}
