package gsma

import (
	"fmt"
	"strings"
)

// Language is that of the words which Degrade adds.
type Language string

// Languages.
const (
	Chinese Language = "zh"
	English Language = "en"
)

// words are what a text message says in place of buttons and pictures.
type words struct {
	reply   string // before the code of an answer
	gap     string // between the two
	page    string // before the link to the page
	compose string // what to send to whom
	picture string
	film    string
	sound   string
	file    string
}

var vocabulary = map[Language]*words{
	Chinese: {reply: "回复", page: "详情 ", compose: "%s：发送“%s”到%s", picture: "[图片]", film: "[视频]", sound: "[音频]", file: "[文件]"},
	English: {reply: "Reply", gap: " ", page: "More: ", compose: "%s: send \"%s\" to %s", picture: "[Picture]", film: "[Video]", sound: "[Audio]", file: "[File]"},
}

// of returns the words of a language, Chinese for one that has none.
func (l Language) words() *words {
	if w, ok := vocabulary[l]; ok {
		return w
	}
	return vocabulary[Chinese]
}

// media returns the word for a media type.
func (w *words) media(contentType string) string {
	kind, _, _ := strings.Cut(strings.ToLower(contentType), "/")
	switch kind {
	case "image":
		return w.picture
	case "video":
		return w.film
	case "audio":
		return w.sound
	default:
		return w.file
	}
}

// answer is the line of a numbered answer, such as "回复1 确认".
func (w *words) answer(a Answer) string { return w.reply + w.gap + a.Code + " " + a.DisplayText }

func (w *words) draft(text string, c *ComposeText) string {
	return fmt.Sprintf(w.compose, text, c.Text, c.PhoneNumber)
}
