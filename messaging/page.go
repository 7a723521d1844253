package messaging

import (
	"net/http"

	"simtrust/internal/rpc"
	"simtrust/messaging/sender"
	"simtrust/web"
)

// page shows what a short link leads to. It changes nothing and asks nobody anything: previews and scanners follow links too. What a sender
// wrote that is suspended now is shown to nobody, nor does it lead on, under the operator's name.
func (s *Service) page(w http.ResponseWriter, r *http.Request) {
	id, url, ok, err := linkByCode(r.Context(), s.DB, r.PathValue("code"), s.Now())
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	m, there, err := messageByID(r.Context(), s.DB, id)
	switch {
	case err != nil:
		rpc.Fail(w, r, err)
	case !ok || !there:
		web.Render(w, r, http.StatusNotFound, web.LostMessage{})
	default:
		s.open(w, r, m, url)
	}
}

func (s *Service) open(w http.ResponseWriter, r *http.Request, m message, url string) {
	chatbot, err := s.Senders.Chatbot(r.Context(), m.chatbot)
	switch {
	case err != nil:
		rpc.Fail(w, r, err)
	case !chatbot.Suspended.IsZero():
		web.Render(w, r, http.StatusNotFound, web.LostMessage{})
	case url != "":
		w.Header().Set("Referrer-Policy", "no-referrer")
		http.Redirect(w, r, url, http.StatusFound)
	default:
		s.show(w, r, m, chatbot)
	}
}

// show has the URLs of a content as its sender wrote them: what logs somebody in is in the message of each recipient alone.
func (s *Service) show(w http.ResponseWriter, r *http.Request, m message, chatbot sender.Chatbot) {
	logins, err := s.hasLogins(r.Context(), m.id)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	_, err = s.Senders.Live(r.Context(), m.chatbot)
	web.Render(w, r, http.StatusOK, web.Message{Sender: chatbot.Name, Brand: chatbot.BrandName, Verified: err == nil, Logins: logins, Content: web.ContentOf(m.content)})
}
