package rpc_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// ask is a request about a number.
type ask struct {
	Number string `json:"number"`
}

func (a ask) LimitKey() string { return a.Number }

// clock is a time that the test moves.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func limited(c *clock, l rpc.Limits, opts ...rpc.Option) *rpc.Router {
	r := rpc.NewRouter(rpc.Config{Auth: known, Limits: l, Now: c.Now})
	rpc.Handle(r, "ask", "POST /ask", func(context.Context, ask) (struct{}, error) { return struct{}{}, nil },
		append([]rpc.Option{rpc.Scope("note:read")}, opts...)...)
	return r
}

func askAs(r *rpc.Router, token, number string) (status int, retry string) {
	w := serve(r, request("/ask", `{"number":"`+number+`"}`, header("Authorization", "Bearer "+token)))
	return w.Code, w.Header().Get("Retry-After")
}

func TestLimitByClientStopsEnumeration(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
	r := limited(c, rpc.Limits{Client: rpc.Rate{PerSecond: 0.1, Burst: 3}})
	for i := range 3 {
		if status, _ := askAs(r, "reader", "+8613800000"+strconv.Itoa(100+i)); status != http.StatusOK {
			t.Fatalf("request %d: %d", i, status)
		}
	}
	if status, retry := askAs(r, "reader", "+8613800000200"); status != http.StatusTooManyRequests || retry != "10" {
		t.Errorf("%d, retry after %s", status, retry)
	}
	if status, _ := askAs(r, "writer", "+8613800000200"); status != http.StatusOK {
		t.Errorf("another client: %d", status)
	}
	c.now = c.now.Add(10 * time.Second)
	if status, _ := askAs(r, "reader", "+8613800000200"); status != http.StatusOK {
		t.Errorf("after the wait: %d", status)
	}
	if status, _ := askAs(r, "reader", "+8613800000200"); status != http.StatusTooManyRequests {
		t.Errorf("once more: %d", status)
	}
}

func TestLimitByNumberCountsOverClients(t *testing.T) {
	c := &clock{time.Unix(1_800_000_000, 0)}
	r := limited(c, rpc.Limits{Number: rpc.Rate{PerSecond: 1, Burst: 2}})
	for _, token := range []string{"reader", "writer"} {
		if status, _ := askAs(r, token, "+8613800000001"); status != http.StatusOK {
			t.Fatal(status)
		}
	}
	if status, _ := askAs(r, "reader", "+8613800000001"); status != http.StatusTooManyRequests {
		t.Errorf("third request about a number: %d", status)
	}
	if status, _ := askAs(r, "reader", "+8613800000002"); status != http.StatusOK {
		t.Errorf("another number: %d", status)
	}
}

func TestLimitOfAThreeLeggedTokenCountsItsTenure(t *testing.T) {
	r := limited(&clock{time.Unix(1_800_000_000, 0)}, rpc.Limits{Number: rpc.Rate{PerSecond: 1, Burst: 1}})
	first, _ := askAs(r, "holder", "")
	second, _ := askAs(r, "holder", "")
	third, _ := askAs(r, "reader", "")
	if first != http.StatusOK || second != http.StatusTooManyRequests || third != http.StatusOK {
		t.Error(first, second, third)
	}
}

func TestLimitOfAnOperationCountsForItself(t *testing.T) {
	strict := rpc.Limits{Client: rpc.Rate{PerSecond: 1, Burst: 1}}
	r := limited(&clock{time.Unix(1_800_000_000, 0)}, strict, rpc.Limit(rpc.Limits{}))
	rpc.Handle(r, "ask.strict", "POST /strict", func(context.Context, ask) (struct{}, error) { return struct{}{}, nil }, rpc.Scope("note:read"))
	for range 3 {
		if status, _ := askAs(r, "reader", ""); status != http.StatusOK {
			t.Errorf("not limited: %d", status)
		}
	}
	for _, want := range []int{http.StatusOK, http.StatusTooManyRequests} {
		if w := serve(r, request("/strict", `{"number":""}`)); w.Code != want {
			t.Errorf("limited: %d, want %d", w.Code, want)
		}
	}
}

// A rate without a burst admits nothing, and the wait it names is bounded.
func TestLimitWithoutBurst(t *testing.T) {
	r := limited(&clock{time.Unix(1_800_000_000, 0)}, rpc.Limits{Client: rpc.Rate{PerSecond: 1}})
	if status, retry := askAs(r, "reader", ""); status != http.StatusTooManyRequests || retry != "3600" {
		t.Error(status, retry)
	}
}

// A flood of other numbers makes the limiter forget idle buckets, not one that was spent a generation ago.
func TestLimitSurvivesAFlood(t *testing.T) {
	r := limited(&clock{time.Unix(1_800_000_000, 0)}, rpc.Limits{Number: rpc.Rate{PerSecond: 1, Burst: 1}})
	call := rpc.Local[ask, struct{}](r, "ask", "reader")
	for i := range 1<<16 + 100 {
		if _, err := call(t.Context(), ask{strconv.Itoa(i)}); err != nil {
			t.Fatalf("number %d: %v", i, err)
		}
	}
	for _, i := range []string{"0", "65535", "65600"} {
		if _, err := call(t.Context(), ask{i}); simtrust.KindOf(err) != simtrust.KindLimited {
			t.Errorf("number %s: %v", i, err)
		}
	}
}
