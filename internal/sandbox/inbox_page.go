package sandbox

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"simtrust/messaging/gsma"
	"simtrust/web"
)

// pages mounts the inbox for a person: conversations, and one of them where a sender is named.
func (i *inbox) pages(mux *http.ServeMux) {
	mux.HandleFunc("GET /subscribers/{number}/messages", i.show)
	mux.HandleFunc("GET /subscribers/{number}/messages/stream", i.stream)
	mux.HandleFunc("POST /subscribers/{number}/messages", func(w http.ResponseWriter, r *http.Request) {
		number := r.PathValue("number")
		said := i.press(r, number)
		http.Redirect(w, r, talkURL(number, r.PostFormValue("sender"))+"&said="+said+talkEnd, http.StatusSeeOther)
	})
}

func inboxURL(number string) string { return phoneURL(number) + "/messages" }

// talkEnd has a conversation open at its latest message.
const talkEnd = "#end"

func talkURL(number, sender string) string {
	return inboxURL(number) + "?from=" + url.QueryEscape(sender)
}

func (i *inbox) show(w http.ResponseWriter, r *http.Request) {
	number, sender := r.PathValue("number"), r.URL.Query().Get("from")
	if i.known(number) != nil {
		lost(w, r)
		return
	}
	list := i.mail.list(number)
	if sender == "" {
		page := inboxPage(number, list)
		page.Live = liveOf(number, sender, list)
		web.Render(w, r, http.StatusOK, page)
		return
	}
	talk := talkWith(list, sender)
	if len(talk) == 0 {
		lost(w, r)
		return
	}
	page := talkPage(number, talk)
	page.Live = liveOf(number, sender, list)
	if said := r.URL.Query().Get("said"); inboxSayings[said] {
		page.Said = said
	}
	web.Render(w, r, http.StatusOK, page)
	if err := i.mail.display(talk); err != nil {
		i.mail.log.Error("messages of the sandbox cannot be kept", "error", err)
	}
}

// talkWith is what of an inbox a sender and the person wrote to each other.
func talkWith(list []message, sender string) (talk []message) {
	for _, msg := range list {
		if msg.Sender == sender {
			talk = append(talk, msg)
		}
	}
	return talk
}

// inboxSayings are what a page can say; anything else in its address is nobody's.
var inboxSayings = map[string]bool{"reported": true, "refused": true, "unsent": true}

// press carries out a button of a page, and returns what the page says of it.
func (i *inbox) press(r *http.Request, number string) string {
	ctx, cancel := context.WithTimeout(r.Context(), replyTime)
	defer cancel()
	form := r.PostFormValue
	var err error
	said := ""
	switch form("do") {
	case "take":
		err = i.take(ctx, number, form("message"), form("postback"))
	case "text":
		err = i.write(ctx, number, form("sender"), form("text"))
	case "report":
		said, err = "reported", i.report(ctx, number, form("message"), "spam")
	case "refuse":
		said, err = "refused", i.block(ctx, number, form("sender"))
	}
	if err != nil {
		return "unsent"
	}
	return said
}

// inboxPage has a line for each sender, the latest first.
func inboxPage(number string, list []message) web.Inbox {
	page := web.Inbox{Masked: masked(number), PhoneURL: phoneURL(number)}
	talks := map[string][]message{}
	var order []string
	for _, msg := range slices.Backward(list) {
		if talks[msg.Sender] == nil {
			order = append(order, msg.Sender)
		}
		talks[msg.Sender] = append(talks[msg.Sender], msg)
	}
	for _, sender := range order {
		talk := talks[sender]
		last := talk[0]
		page.Talks = append(page.Talks, web.Talk{URL: talkURL(number, sender) + talkEnd, Name: nameOf(talk), Last: drawn(&last).Summary(),
			Verified: proven(talk), Unread: unread(talk), At: shownAt(last)})
	}
	return page
}

func talkPage(number string, talk []message) web.Conversation {
	page := web.Conversation{Masked: masked(number), InboxURL: inboxURL(number), Action: inboxURL(number), Sender: talk[0].Sender,
		Name: nameOf(talk), Verified: proven(talk)}
	for _, msg := range talk {
		line := web.Line{ID: msg.ID, Own: msg.Own, At: shownAt(msg), Channel: msg.Channel, Verified: msg.Verified, Content: drawn(&msg).Pressable()}
		page.Lines = append(page.Lines, line)
		if !msg.Own && msg.SMS == nil {
			page.Latest = msg.ID
		}
	}
	return page
}

func shownAt(msg message) time.Time { return msg.Taken.In(beijing) }

// drawn is a message as a phone shows it.
func drawn(msg *message) web.Content {
	if msg.Channel == string(gsma.CardSMS) {
		if card, ok := gsma.ReadCardText(msg.Body); ok {
			return web.ContentOfCardText(card)
		}
	}
	return web.ContentOf(msg.content())
}

// nameOf is the sender's own name, or else its address.
func nameOf(talk []message) string {
	for _, msg := range slices.Backward(talk) {
		if msg.Name != "" {
			return msg.Name
		}
	}
	return talk[0].Sender
}

// proven reports whether every message of a sender is.
func proven(talk []message) bool {
	return !slices.ContainsFunc(talk, func(msg message) bool { return !msg.Own && !msg.Verified })
}

// unread counts the messages that nobody has seen.
func unread(list []message) (n int) {
	for _, msg := range list {
		if msg.State == mailDelivered {
			n++
		}
	}
	return n
}
