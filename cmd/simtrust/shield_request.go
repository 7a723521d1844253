package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/simshield/request"
)

type shieldRequestCmd struct {
	partyFlags
	Claims string `arg:"" help:"File with the claims in JSON; - for standard input."`
}

// Help names the claims that are added (kong's HelpProvider).
func (*shieldRequestCmd) Help() string {
	return "For what transfer, login and document have no flags for (a batch, own_account, not_after …), and to see what a bank's own program " +
		"posts. iss, aud, iat and exp are set, order where it is missing; docs/simshield-api.md has all claims. It is good for five minutes.\n\n" +
		"    simtrust shield request claims.json > request.jws\n" +
		"    POST /simshield/v1/transactions {\"request\":\"…\"}   with the token that simtrust shield token prints"
}

func (c *shieldRequestCmd) Run() error {
	claims, err := readClaims(c.Claims)
	if err != nil {
		return err
	}
	p, err := c.party()
	if err != nil {
		return err
	}
	if _, there := claims["order"]; !there {
		claims["order"] = simtrust.NewID("order")
	}
	signed, err := p.request(claims, answerLife)
	if err == nil {
		fmt.Println(signed)
	}
	return err
}

func readClaims(file string) (jwt.MapClaims, error) {
	from := io.Reader(os.Stdin)
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }() // only read
		from = f
	}
	text, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	var claims jwt.MapClaims
	if err := json.Unmarshal(text, &claims); err != nil || claims == nil {
		return nil, errors.New("the claims are not an object in JSON, such as {\"phone_number\":\"+86…\",\"customer\":\"6222…\",\"transfer\":{…}}")
	}
	return claims, nil
}

// request signs claims as a request to the server, good for a time.
func (p *party) request(claims jwt.MapClaims, life time.Duration) (string, error) {
	now := time.Now()
	claims["iss"], claims["aud"], claims["iat"], claims["exp"] = p.id, p.server, now.Unix(), now.Add(life).Unix()
	return p.sign(request.Type, claims)
}

type shieldTokenCmd struct {
	partyFlags
	Scope []string `default:"simshield:confirm" placeholder:"SCOPE" help:"Scope of the token; repeat for several. Default: ${default}."`
}

// Help says where it goes (kong's HelpProvider).
func (*shieldTokenCmd) Help() string {
	return "The application proves with its key who it is (RFC 7523), as its own program does at POST /token. The token goes into the header " +
		"Authorization: Bearer …, and lapses by itself.\n\n" +
		"    TOKEN=$(simtrust shield token --client-id app_… --key key.json --server https://id.operator.example)"
}

func (c *shieldTokenCmd) Run(ctx context.Context) error {
	p, err := c.party()
	if err != nil {
		return err
	}
	token, err := p.token(ctx, strings.Join(c.Scope, " "))
	if err == nil {
		fmt.Println(token)
	}
	return err
}
