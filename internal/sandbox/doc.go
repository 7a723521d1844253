// Package sandbox plays the world around the server: an operator with subscribers and their SIMs, the gateway that announces their
// data sessions, and a shop that logs people in.
//
// It acts on the server only through its real interfaces: RADIUS accounting packets (RFC 2866), the operator's number feed and the
// admin API over HTTP, and the OpenID Provider. It knows no domain package and never touches the server's database; its own state
// is DIR/world.json.
//
//   - world.go      who the subscribers are, and the file that keeps them
//   - operator.go   the operator's HTTP interface; actions.go: release, assign, transfer and the rest; operation.go: how one is carried
//     out so that a kill leaves it done or not begun; feed.go: the number feed
//   - nas.go        the gateway: Start, Interim-Update and Stop for every session
//   - shop.go       a relying party with one-key login (authorization code, PKCE, public client); customers.go: its book
//   - desk.go       the operator's page for a person
//   - sandbox.go    starts all of it and writes sandbox.json
package sandbox
