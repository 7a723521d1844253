package sandbox

import (
	"encoding/json"
	"path/filepath"
	"time"
)

// fields are a JSON object that is written for somebody else's program.
type fields map[string]any

const (
	googleFile   = "carousel-rbm.json"
	chineseFile  = "carousel-csp.json"
	envelopeFile = "red-envelope.json"
)

// googleTeas is the shop's carousel as an agent for Google's RCS for Business writes it.
func googleTeas(shop string) fields {
	var cards []fields
	for _, g := range goods {
		cards = append(cards, fields{"title": g.name, "description": g.words,
			"media": fields{"height": "MEDIUM", "contentInfo": fields{"fileUrl": shop + "/goods/" + g.id}},
			"suggestions": []fields{
				{"reply": fields{"text": "加入购物车", "postbackData": "buy:" + g.id}},
				{"action": fields{"text": "查看详情", "postbackData": "view:" + g.id, "openUrlAction": fields{"url": offerURL(shop, g)}}},
			}})
	}
	return fields{"messageTrafficType": "SERVICEREQUEST", "contentMessage": fields{
		"richCard":    fields{"carouselCard": fields{"cardWidth": "MEDIUM", "cardContents": cards}},
		"suggestions": []fields{{"reply": fields{"text": "全部新茶", "postbackData": "all"}}}}}
}

// chineseTeas is the same as a chatbot of the Chinese interface writes it.
func chineseTeas(shop, serviceID, to string) fields {
	teas := teas(shop)
	return fields{"messageId": "11659c10-78c8-4bcc-9845-0f3bdcbe466e", "senderAddress": serviceID, "destinationAddress": []string{"tel:" + to},
		"conversationId": "7c6a9c00-78c8-6bcc-9845-0f3bdcbe45ae", "contributionId": "cb1188a3-37ec-1037-9054-2dc66e44375b",
		"serviceCapability": []fields{{"capabilityId": "ChatbotSA", "version": `+g.gsma.rcs.botversion="#=1"`}},
		"messageList": []fields{
			{"contentType": "application/vnd.gsma.botmessage.v1.0+json", "contentText": fields{"message": teas.RichCard}},
			{"contentType": "application/vnd.gsma.botsuggestion.v1.0+json", "contentText": fields{"suggestions": teas.Suggestions}},
		}}
}

// redEnvelope is a campaign for the tour: ten shares of ¥8.88.
func redEnvelope(chatbot string, now time.Time) fields {
	return fields{"chatbot": chatbot, "key": "tour-" + now.UTC().Format("20060102T150405"), "kind": "money", "currency": "CNY", "budget": 888, "shares": 10,
		"split": "random", "expires": now.Add(24 * time.Hour).UTC().Format(time.RFC3339), "greeting": "新茶上市，恭喜发财"}
}

// writeOthers leaves further requests of the shop for the tour.
func (w *World) writeOthers(dir string, shop *Chatbot, now time.Time) error {
	for file, request := range map[string]fields{
		googleFile:   googleTeas(w.Shop),
		chineseFile:  chineseTeas(w.Shop, shop.ServiceID, w.Subscribers[doorsTo].Number),
		envelopeFile: redEnvelope(shop.ID, now),
	} {
		text, err := json.MarshalIndent(request, "", " ")
		if err != nil {
			return err
		}
		if err := replaceFile(filepath.Join(dir, file), append(text, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// doorsTo is the subscriber who opens what the tour sends after the campaign, counted from 0.
const doorsTo = 3
