package sandbox

import (
	"cmp"
	"context"
	"errors"
	"net/http"
)

// answerWire answers a message: by one of its buttons, or with a text to its sender.
type answerWire struct {
	Message  string `json:"message"`
	Postback string `json:"postback"`
	To       string `json:"to"`
	Text     string `json:"text"`
}

type spamWire struct {
	Message string `json:"message"`
	Type    string `json:"type"`
}

type refuseWire struct {
	Sender string `json:"sender"`
}

var errAnswer = errors.New(`the body must be {"message":"…","postback":"…"} or {"to":"…","text":"…"}`)

// routes mounts the inbox for programs:
//
//	GET  /subscribers/{number}/inbox
//	POST /subscribers/{number}/reply | spam | refuse
func (i *inbox) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /subscribers/{number}/inbox", func(w http.ResponseWriter, r *http.Request) {
		list, err := i.items(r.PathValue("number"))
		answer(w, list, err)
	})
	mux.HandleFunc("POST /subscribers/{number}/reply", told(`{"message":"…","postback":"…"}`, i.reply))
	mux.HandleFunc("POST /subscribers/{number}/spam", told(`{"message":"…","type":"…"}`, func(ctx context.Context, number string, in spamWire) error {
		return i.report(ctx, number, in.Message, cmp.Or(in.Type, "spam"))
	}))
	mux.HandleFunc("POST /subscribers/{number}/refuse", told(`{"sender":"…"}`, func(ctx context.Context, number string, in refuseWire) error {
		return i.block(ctx, number, in.Sender)
	}))
}

func (i *inbox) reply(ctx context.Context, number string, in answerWire) error {
	switch button, text := in.Message != "", in.To != ""; {
	case button == text, button && in.Text != "", text && (in.Text == "" || in.Postback != ""):
		return errAnswer
	case button:
		return i.take(ctx, number, in.Message, in.Postback)
	default:
		return i.write(ctx, number, in.To, in.Text)
	}
}

// told carries out what a person does, and answers {}.
func told[Req any](shape string, do func(ctx context.Context, number string, in Req) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in Req
		err := read(w, r, &in, shape)
		if err == nil {
			ctx, cancel := context.WithTimeout(r.Context(), replyTime)
			defer cancel()
			err = do(ctx, r.PathValue("number"), in)
		}
		answer(w, struct{}{}, err)
	}
}
