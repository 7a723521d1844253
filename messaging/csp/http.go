package csp

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust/internal/rpc"
	"simtrust/messaging/gsma"
)

// Prefix is where the interface is: the server root, with a slash.
const Prefix = "/csp/"

const (
	maxBody  = 1 << 20 // the largest content in base64, and its recipients
	maxSmall = 64 << 10
	sendTime = 30 * time.Second
)

// Mount puts the interface on r, and what gives out its credentials. {version} is any: there is one.
func (s *Service) Mount(r *rpc.Router) {
	r.Face(Prefix, face{})
	mount := func(op, method, path string, h http.Handler, most int64) {
		r.Raw("csp."+op, method+" "+Prefix+"bot/{version}/{chatbotId}/"+path, h, rpc.Public(), rpc.MaxBody(most), rpc.Timeout(sendTime))
	}
	mount("token", http.MethodPost, "accessToken", http.HandlerFunc(s.postToken), maxSmall)
	mount("send", http.MethodPost, "messages", serve(s, s.send), maxBody)
	mount("revoke", http.MethodPost, "revoke", serve(s, s.revoke), maxBody)
	mount("optionals", http.MethodPost, "update/chatBotInfo/optionals", serve(s, s.setOptionals), maxSmall)
	mount("menu", http.MethodPost, "update/chatBotInfo/menu", serve(s, s.setMenu), gsma.MaxBody)
	mount("find", http.MethodGet, "find/chatBotInfo", http.HandlerFunc(s.getInfo), maxSmall)
	mount("upload", http.MethodPost, "medias/upload", http.HandlerFunc(s.postFiles), maxFiles*maxFile+maxSmall)
	s.mountCredentials(r)
}

// serve has an operation answer who has an access token, and nobody else's body read.
func serve[Req any](s *Service, operation func(context.Context, account, Req) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, err := s.authenticate(r)
		if err != nil {
			rpc.Fail(w, r, err)
			return
		}
		req, err := read[Req](r)
		if err != nil {
			rpc.Fail(w, r, err)
			return
		}
		res, err := operation(r.Context(), a, req)
		answer(w, r, res, err)
	})
}

// read reads a body; its type does not matter, since clients differ in what they say.
func read[Req any](r *http.Request) (req Req, err error) {
	err = json.UnmarshalRead(r.Body, &req)
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return req, invalid(rpc.ReasonBodyTooLarge, "the body is too large")
	}
	if err != nil {
		return req, invalid(rpc.ReasonMalformedBody, "the body is not JSON of the shape that is asked for")
	}
	return req, nil
}

func answer(w http.ResponseWriter, r *http.Request, res any, err error) {
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.MarshalWrite(w, res) // the client has gone
}

func (s *Service) postToken(w http.ResponseWriter, r *http.Request) {
	c, err := read[Credential](r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	token, err := s.issueToken(r.Context(), r.PathValue("chatbotId"), c)
	w.Header().Set("Cache-Control", "no-store")
	answer(w, r, token, err)
}

func (s *Service) getInfo(w http.ResponseWriter, r *http.Request) {
	a, err := s.authenticate(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	info, err := s.info(r.Context(), a)
	answer(w, r, info, err)
}
