package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"time"

	"simtrust/messaging/gsma"
)

// campaign is a message to try out, as the shop's chatbot asks the server to send it.
type campaign struct {
	Chatbot string       `json:"chatbot"`
	To      []string     `json:"to"`
	Class   string       `json:"class"`
	Content gsma.Content `json:"content"`
	Logins  []opened     `json:"logins"`
}

// opened is a URL of the content that is opened with the person logged in.
type opened struct {
	Client string `json:"client_id"`
	URL    string `json:"url"`
}

// tea is one of the shop's, with the colours of its picture: sky, far hills, near hills, tea.
type tea struct {
	id, name, words string
	colours         [4]string
}

var goods = []tea{
	{"longjing", "明前龙井", "西湖核心产区，清明前头采，豆香清雅。¥128 / 50 克", [4]string{"#e4f3e3", "#a5cfa6", "#5f9f6d", "#cfe07a"}},
	{"dancong", "凤凰单丛", "蜜兰香型，炭火慢焙，回甘悠长。¥168 / 50 克", [4]string{"#fbeeda", "#e9bf8c", "#c0824a", "#e3a23c"}},
	{"puer", "古树普洱", "二零一九年春料，醇厚顺滑。¥258 / 357 克", [4]string{"#f3e3e2", "#cf9f9b", "#8c4a4a", "#7d2f2a"}},
}

// picture draws a cup of tea before hills, 480 by 300.
func picture(c [4]string) string {
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 300"><rect width="480" height="300" fill="%s"/>`+
		`<circle cx="366" cy="78" r="34" fill="#fff" fill-opacity=".75"/>`+
		`<path d="M0 190q70-78 140-34t140-22 200 30v136H0z" fill="%s"/><path d="M0 226q96-62 190-18t290-16v108H0z" fill="%s"/>`+
		`<g fill="none" stroke="#fff" stroke-width="5" stroke-linecap="round" stroke-opacity=".85"><path d="M214 136q-14-18 0-34t0-32"/><path d="M244 136q-14-18 0-34t0-32"/></g>`+
		`<path d="M168 160h122q0 74-61 74t-61-74z" fill="#fff"/><ellipse cx="229" cy="160" rx="61" ry="14" fill="#fff"/>`+
		`<ellipse cx="229" cy="161" rx="52" ry="10" fill="%s"/><ellipse cx="229" cy="242" rx="74" ry="9" fill="#fff" fill-opacity=".9"/></svg>`, c[0], c[1], c[2], c[3])
}

// servePicture answers GET /goods/{id}.
func servePicture(w http.ResponseWriter, r *http.Request) {
	for _, g := range goods {
		if g.id == r.PathValue("id") {
			w.Header().Set("Content-Type", "image/svg+xml")
			w.Header().Set("Content-Security-Policy", "default-src 'none'")
			_, _ = w.Write([]byte(picture(g.colours)))
			return
		}
	}
	lost(w, r)
}

func offerURL(shop string, t tea) string { return shop + "/offers/" + t.id }

// logins has all offers opened with the person logged in.
func (w *World) logins() (list []opened) {
	for _, t := range goods {
		list = append(list, opened{w.client("shop").ClientID, offerURL(w.Shop, t)})
	}
	return list
}

// teas is the shop's carousel.
func teas(shop string) gsma.Content {
	c := &gsma.Carousel{Layout: gsma.CarouselLayout{Width: gsma.Medium}}
	for _, g := range goods {
		c.Content = append(c.Content, gsma.CardContent{
			Title: g.name, Description: g.words,
			Media: &gsma.Media{URL: shop + "/goods/" + g.id, ContentType: "image/svg+xml", Size: int64(len(picture(g.colours))), Height: gsma.Middle, Description: g.name},
			Suggestions: []gsma.Suggestion{gsma.NewReply("加入购物车", "buy:"+g.id),
				gsma.NewAction("查看详情", "view:"+g.id, gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: offerURL(shop, g), Application: gsma.Browser}}})},
		})
	}
	return gsma.Content{RichCard: gsma.RichCard{Carousel: c}, Suggestions: []gsma.Suggestion{gsma.NewReply("全部新茶", "all"),
		gsma.NewAction("联系客服", "call", gsma.Action{Dialer: &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: "+864008001234"}}})}}
}

const campaignFile = "carousel.json"

// writeCampaign leaves requests for the tour: curl sends them as they are.
func (w *World) writeCampaign(dir string, now time.Time) error {
	i := slices.IndexFunc(w.Chatbots, func(c *Chatbot) bool { return c.Name == "shop" })
	if i < 0 {
		return nil
	}
	shop := w.Chatbots[i]
	text, err := json.MarshalIndent(campaign{shop.ID, []string{w.Subscribers[campaignTo].Number}, "service", teas(w.Shop), w.logins()}, "", " ")
	if err != nil {
		return err
	}
	return errors.Join(replaceFile(filepath.Join(dir, campaignFile), append(text, '\n')), w.writeOthers(dir, shop, now))
}

// campaignTo is the subscriber whom it is for, counted from 0.
const campaignTo = 2
