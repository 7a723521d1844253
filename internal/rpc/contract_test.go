package rpc_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/rpc"
)

// ways are the two ways to one operation: what holds for one holds for the other.
func ways(t *testing.T, cfg rpc.Config, token string, opts ...rpc.Option) map[string]func(context.Context, note) (noted, error) {
	local := newRouter(cfg, opts...)
	srv := httptest.NewServer(newRouter(cfg, opts...))
	t.Cleanup(srv.Close)
	return map[string]func(context.Context, note) (noted, error){
		"in process": rpc.Local[note, noted](local, "note.write", token),
		"over HTTP":  rpc.Call[note, noted](rpc.NewClient(srv.URL, srv.Client(), token), writePattern),
	}
}

func TestContractAnswers(t *testing.T) {
	for way, write := range ways(t, rpc.Config{}, "writer") {
		t.Run(way, func(t *testing.T) {
			got, err := write(t.Context(), note{ID: "a/b?c d", Limit: -3, Tags: []string{"x", "&y"}, Draft: true, Origin: "here", Text: "<你好>", Stars: 5})
			want := noted{ID: "a/b?c d", Limit: -3, Tags: []string{"x", "&y"}, Draft: true, Origin: "here", Text: "<你好>", Stars: 5, Client: "desk"}
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
}

func TestContractErrors(t *testing.T) {
	kinds := []simtrust.Kind{
		simtrust.KindInvalid, simtrust.KindUnauthenticated, simtrust.KindDenied, simtrust.KindNotFound, simtrust.KindConflict,
		simtrust.KindUnprocessable, simtrust.KindLimited, simtrust.KindInternal, simtrust.KindUnavailable,
	}
	for way, write := range ways(t, rpc.Config{}, "writer") {
		for _, kind := range kinds {
			t.Run(way+"/"+string(kind), func(t *testing.T) {
				_, err := write(t.Context(), note{ID: "n1", Text: string(kind) + "/a_reason"})
				if !errors.Is(err, &simtrust.Error{Kind: kind, Reason: "a_reason"}) {
					t.Fatalf("%v", err)
				}
				e, _ := errors.AsType[*simtrust.Error](err)
				if want := map[bool]string{true: "", false: "said so"}[kind == simtrust.KindInternal]; e.Msg != want || e.Op == "" {
					t.Errorf("op %q, text %q", e.Op, e.Msg)
				}
			})
		}
	}
}

func TestContractGate(t *testing.T) {
	for token, want := range map[string]*simtrust.Error{
		"":           {Kind: simtrust.KindUnauthenticated, Reason: "bad_token"},
		"forged":     {Kind: simtrust.KindUnauthenticated, Reason: "bad_token"},
		"reader":     {Kind: simtrust.KindDenied, Reason: rpc.ReasonScope},
		"store-away": {Kind: simtrust.KindUnavailable, Reason: "store_away"},
	} {
		for way, write := range ways(t, rpc.Config{}, token) {
			// The credential of the operation counts, not the caller on whose behalf it runs.
			ctx := rpc.WithCaller(t.Context(), known["writer"])
			if _, err := write(ctx, note{ID: "n1"}); !errors.Is(err, want) {
				t.Errorf("%s with %q: %v", way, token, err)
			}
		}
	}
}

func TestContractRateLimit(t *testing.T) {
	now := func() time.Time { return time.Unix(1_800_000_000, 0) }
	cfg := rpc.Config{Now: now, Limits: rpc.Limits{Client: rpc.Rate{PerSecond: 1, Burst: 1}}}
	for way, write := range ways(t, cfg, "writer") {
		_, first := write(t.Context(), note{ID: "n1"})
		_, second := write(t.Context(), note{ID: "n1"})
		if first != nil || !errors.Is(second, &simtrust.Error{Kind: simtrust.KindLimited, Reason: rpc.ReasonTooManyRequests}) {
			t.Errorf("%s: %v, %v", way, first, second)
		}
	}
}

func TestContractTimeLimit(t *testing.T) {
	slow := func(ctx context.Context, _ note) (noted, error) {
		<-ctx.Done()
		return noted{}, ctx.Err()
	}
	r := rpc.NewRouter(rpc.Config{Auth: known})
	rpc.Handle(r, "note.slow", writePattern, slow, rpc.Scope("note:write"), rpc.Timeout(time.Nanosecond))
	srv := httptest.NewServer(r)
	defer srv.Close()
	for way, call := range map[string]func(context.Context, note) (noted, error){
		"in process": rpc.Local[note, noted](r, "note.slow", "writer"),
		"over HTTP":  rpc.Call[note, noted](rpc.NewClient(srv.URL, nil, "writer"), writePattern),
	} {
		if _, err := call(t.Context(), note{ID: "n1"}); !errors.Is(err, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: rpc.ReasonTimeout}) {
			t.Errorf("%s: %v", way, err)
		}
	}
}

func TestContractPanic(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{Auth: known})
	rpc.Handle(r, "note.panic", writePattern, func(context.Context, note) (noted, error) { panic("a mistake") }, rpc.Scope("note:write"))
	srv := httptest.NewServer(r)
	defer srv.Close()
	for way, call := range map[string]func(context.Context, note) (noted, error){
		"in process": rpc.Local[note, noted](r, "note.panic", "writer"),
		"over HTTP":  rpc.Call[note, noted](rpc.NewClient(srv.URL, nil, "writer"), writePattern),
	} {
		if _, err := call(t.Context(), note{ID: "n1"}); simtrust.KindOf(err) != simtrust.KindInternal || err.Error() == "a mistake" {
			t.Errorf("%s: %v", way, err)
		}
	}
}
