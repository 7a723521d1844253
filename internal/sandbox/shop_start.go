package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"simtrust/internal/rpc"
	"simtrust/web"
)

// pathStart is the shop's initiate_login_uri (OpenID Connect Core §4): where a login begins that somebody else asks for.
const pathStart = "/start"

// start begins a login for the provider's hint, to end on a page of the shop. It believes neither parameter: another provider is none that
// it knows, and a target elsewhere would make it an open redirector.
func (s *shop) start(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	target, own := s.page(q.Get("target_link_uri"))
	switch {
	case q.Get("iss") != s.issuer():
		s.refuse(w, r, "the login was asked for by another provider")
	case !own:
		s.refuse(w, r, "the login is to end at another site")
	default:
		s.begin(w, r, target, oauth2.SetAuthURLParam("login_hint", q.Get("login_hint")))
	}
}

func (s *shop) refuse(w http.ResponseWriter, r *http.Request, detail string) {
	web.Render(w, r, http.StatusBadRequest, web.ShopNoLogin{Detail: detail, LoginURL: "/login", HomeURL: "/"})
}

// page is the path of a URL of the shop; without one it is the first page.
func (s *shop) page(target string) (path string, own bool) {
	if target == "" {
		return "/", true
	}
	path, own = strings.CutPrefix(target, s.base)
	u, err := url.Parse(path)
	return path, own && err == nil && strings.HasPrefix(path, "/") && u.Host == "" && !strings.ContainsAny(path, "\\\r\n")
}

// offer is the page of a tea, with the customer's number where there is one.
func (s *shop) offer(w http.ResponseWriter, r *http.Request) {
	n := slices.IndexFunc(goods, func(g tea) bool { return g.id == r.PathValue("id") })
	if n < 0 {
		lost(w, r)
		return
	}
	c, _ := s.customer(r)
	web.Render(w, r, http.StatusOK, web.ShopOffer{Name: goods[n].name, Words: goods[n].words, Picture: "/goods/" + goods[n].id, Masked: c.Masked,
		Visits: c.Visits, LoginURL: "/login", HomeURL: "/"})
}

// allowance is what a chatbot may open.
type allowance struct {
	Chatbot string `path:"chatbot" json:"-"`
	Client  string `path:"client" json:"-"`
	Name    string `json:"name"`
	Origin  string `json:"origin"`
}

// allowShop lets the shop's chatbot log people in at the shop.
func (o *operator) allowShop(ctx context.Context) error {
	for _, c := range o.world.Chatbots {
		if c.Name != "shop" {
			continue
		}
		_, err := rpc.Call[allowance, struct{}](o.admin, "PUT /messaging/v1/chatbots/{chatbot}/apps/{client}")(ctx,
			allowance{c.ID, o.world.client("shop").ClientID, displayNames["shop"], o.world.Shop})
		if err != nil {
			return fmt.Errorf("sandbox: the shop as an app of its chatbot: %w", err)
		}
	}
	return nil
}
