package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheTokenDoesNotTravelInClear(t *testing.T) {
	for server, refused := range map[string]bool{
		"http://id.operator.example":    true,
		"HTTP://id.operator.example":    true,
		"http://10.0.0.1:8080":          true,
		"http://127.0.0.1.example":      true,
		"http://localhost@id.example":   true,
		"http://[::ffff:10.0.0.1]:8080": true,
		"https://id.operator.example":   false,
		"http://127.0.0.1:8080":         false,
		"http://[::1]:8080":             false,
		"http://localhost:8080":         false,
	} {
		_, err := remoteFlags{Server: server, Token: "t"}.client()
		if got := err != nil && strings.Contains(err.Error(), "in clear"); got != refused {
			t.Errorf("%s: %v", server, err)
		}
	}
}

// TestCommandsFollowNoRedirect: the body of a command may hold a number.
func TestCommandsFollowNoRedirect(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer server.Close()
	show := numberShowCmd{remoteFlags: remoteFlags{Server: server.URL, Token: "t"}, Number: "+8613800000001"}
	if err := show.Run(t.Context()); err == nil {
		t.Error("a redirect was taken for an answer")
	}
}
