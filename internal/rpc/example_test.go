package rpc_test

import (
	"context"
	"fmt"
	"net/http/httptest"

	"simtrust"
	"simtrust/internal/rpc"
)

type greetReq struct {
	Name string `path:"name" json:"-"`
	Word string `json:"word"`
}

type greetRes struct {
	Text string `json:"text"`
}

func greet(_ context.Context, req greetReq) (greetRes, error) {
	if req.Word == "" {
		return greetRes{}, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: "no_word", Msg: "a word is required"}
	}
	return greetRes{req.Word + ", " + req.Name}, nil
}

// One operation, called over HTTP and in process.
func Example() {
	r := rpc.NewRouter(rpc.Config{Auth: tokens{"t": {Client: "shop", Scopes: []string{"greet"}}}})
	rpc.Handle(r, "greet", "POST /greet/v1/{name}", greet, rpc.Scope("greet"))
	srv := httptest.NewServer(r)
	defer srv.Close()

	remote := rpc.Call[greetReq, greetRes](rpc.NewClient(srv.URL, nil, "t"), "POST /greet/v1/{name}")
	local := rpc.Local[greetReq, greetRes](r, "greet", "t")
	for _, call := range []func(context.Context, greetReq) (greetRes, error){remote, local} {
		res, err := call(context.Background(), greetReq{Name: "world", Word: "hello"})
		fmt.Println(res.Text, err)
		_, err = call(context.Background(), greetReq{Name: "world"})
		fmt.Println(simtrust.KindOf(err), simtrust.ReasonOf(err))
	}
	// Output:
	// hello, world <nil>
	// invalid no_word
	// hello, world <nil>
	// invalid no_word
}
