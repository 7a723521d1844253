//go:build bench

package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// floorAddress is where the floor listens, and the one client it knows.
type floorAddress struct {
	Issuer string `json:"issuer"`
	Client string `json:"client"`
	Secret string `json:"secret"`
}

// playFloor serves a token endpoint that does what the answer needs and nothing else: net/http, Basic against one SHA-256, golang-jwt
// with the same claims, the same JSON. No server with a store, a log or metrics can be below it.
func playFloor(ctx context.Context) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	at := floorAddress{Issuer: "http://" + l.Addr().String(), Client: simtrust.NewID("app"), Secret: simtrust.NewSecret()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /token", floorToken(at, key))
	server := &http.Server{Handler: mux}
	if err := announce(at); err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); err != http.ErrServerClosed {
		return err
	}
	return nil
}

func floorToken(at floorAddress, key *ecdsa.PrivateKey) http.HandlerFunc {
	type response struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int    `json:"expires_in"`
		Scope       string `json:"scope"`
	}
	want := sha256.Sum256([]byte(at.Secret))
	return func(w http.ResponseWriter, r *http.Request) {
		id, secret, _ := r.BasicAuth()
		have := sha256.Sum256([]byte(secret))
		if id != at.Client || subtle.ConstantTimeCompare(have[:], want[:]) != 1 || r.PostFormValue("grant_type") != "client_credentials" {
			http.Error(w, `{"error":"invalid_client"}`, http.StatusUnauthorized)
			return
		}
		now, scope := time.Now().Unix(), r.PostFormValue("scope")
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": at.Issuer, "sub": id, "aud": at.Issuer,
			"exp": now + 300, "iat": now, "jti": simtrust.NewID("tok"), "client_id": id, "scope": scope})
		token.Header["typ"], token.Header["kid"] = "at+jwt", "floor"
		signed, err := token.SignedString(key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(response{signed, "Bearer", 300, scope})
	}
}
