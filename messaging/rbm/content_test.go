package rbm_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
)

func text(s string, chips ...rbm.Suggestion) *rbm.ContentMessage {
	return &rbm.ContentMessage{Text: s, Suggestions: chips}
}

func reply(text, data string) rbm.Suggestion {
	return rbm.Suggestion{Reply: &rbm.SuggestedReply{Text: text, PostbackData: data}}
}

func act(a rbm.SuggestedAction) rbm.Suggestion {
	a.Text, a.PostbackData = "act", "act-data"
	return rbm.Suggestion{Action: &a}
}

func carousel(n int) *rbm.ContentMessage {
	c := &rbm.CarouselCard{Width: rbm.Medium}
	for i := range n {
		c.Contents = append(c.Contents, rbm.CardContent{Title: fmt.Sprint("card ", i), Media: &rbm.Media{Height: rbm.HeightShort,
			ContentInfo: &rbm.ContentInfo{FileURL: fmt.Sprintf("https://media.example.com/%d.jpg", i)}}})
	}
	return &rbm.ContentMessage{RichCard: &rbm.RichCard{Carousel: c}}
}

func standalone(s rbm.StandaloneCard) *rbm.ContentMessage {
	return &rbm.ContentMessage{RichCard: &rbm.RichCard{Standalone: &s}}
}

// everyAction is one of each.
func everyAction() []rbm.Suggestion {
	day := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	return []rbm.Suggestion{
		reply("yes", "y"), reply("no postback", ""),
		act(rbm.SuggestedAction{Dial: &rbm.DialAction{PhoneNumber: "+8613800000001"}, FallbackURL: "https://bank.example/call"}),
		act(rbm.SuggestedAction{ViewLocation: &rbm.ViewLocationAction{LatLong: &rbm.LatLng{Latitude: 31.2, Longitude: 121.5}, Label: "branch"}}),
		act(rbm.SuggestedAction{ViewLocation: &rbm.ViewLocationAction{Query: "bank"}}),
		act(rbm.SuggestedAction{CreateEvent: &rbm.CreateEventAction{StartTime: day, EndTime: day.Add(time.Hour), Title: "visit", Description: "at ten"}}),
		act(rbm.SuggestedAction{OpenURL: &rbm.OpenURLAction{URL: "https://bank.example/", Application: rbm.Browser}}),
		act(rbm.SuggestedAction{OpenURL: &rbm.OpenURLAction{URL: "https://bank.example/", Application: rbm.WebView, ViewMode: rbm.ViewTall, Description: "act"}}),
		act(rbm.SuggestedAction{ShareLocation: &rbm.ShareLocationAction{}}),
	}
}

func TestWhatCanBeSaidComesBackTheSame(t *testing.T) {
	for name, m := range map[string]*rbm.ContentMessage{
		"text at its limit": text(strings.Repeat("字", 3072)),
		"every suggestion":  text("t", everyAction()...),
		"ten cards":         carousel(10),
		"small cards": {RichCard: &rbm.RichCard{Carousel: &rbm.CarouselCard{Width: rbm.Small, Contents: []rbm.CardContent{
			{Title: "a", Suggestions: everyAction()[:4]}, {Description: "b"}}}}},
		"horizontal": standalone(rbm.StandaloneCard{Orientation: rbm.Horizontal, Alignment: rbm.Right, Content: &rbm.CardContent{Title: "t",
			Media: &rbm.Media{Height: rbm.HeightMedium, ContentInfo: &rbm.ContentInfo{FileURL: "https://media.example.com/a.gif"}}}}),
	} {
		c, err := (&rbm.AgentMessage{ContentMessage: m}).Content(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		back, err := rbm.FromContent(c)
		if diff := cmp.Diff(m, back); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestFilesOfAMessage(t *testing.T) {
	known := rbm.Known{
		"files/one":                     {FileInfo: gsma.FileInfo{URL: "https://here.example/one", ContentType: "video/mp4", Size: 7}},
		"files/small":                   {FileInfo: gsma.FileInfo{URL: "https://here.example/small", ContentType: "image/png", Size: 5}},
		"https://here.example/messaged": {FileInfo: gsma.FileInfo{URL: "https://here.example/messaged", ContentType: "image/gif", Size: 9}},
		"files/url":                     {FileInfo: gsma.FileInfo{URL: "https://media.example.com/a.mp4"}, Thumbnail: &gsma.FileInfo{URL: "https://media.example.com/t.png"}},
	}
	for name, c := range map[string]struct {
		message rbm.ContentMessage
		want    gsma.File
		refs    []string
	}{
		"by its name": {rbm.ContentMessage{FileName: "files/one"}, known["files/one"], []string{"files/one"}},
		"by its name, with a picture": {rbm.ContentMessage{UploadedFile: &rbm.UploadedFile{FileName: "files/one", ThumbnailName: "files/small"}},
			gsma.File{FileInfo: known["files/one"].FileInfo, Thumbnail: new(known["files/small"].FileInfo)}, []string{"files/one", "files/small"}},
		"by a URL of ours": {rbm.ContentMessage{ContentInfo: &rbm.ContentInfo{FileURL: "https://here.example/messaged"}},
			known["https://here.example/messaged"], []string{"https://here.example/messaged"}},
		"by a name of a URL": {rbm.ContentMessage{FileName: "files/url"}, gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/a.mp4", ContentType: "video/mp4", Size: 100<<20 - 100_000},
			Thumbnail: &gsma.FileInfo{URL: "https://media.example.com/t.png", ContentType: "image/png", Size: 100_000}}, []string{"files/url"}},
		"by a URL that says nothing": {rbm.ContentMessage{ContentInfo: &rbm.ContentInfo{FileURL: "https://media.example.com/pic?x=a.png"}},
			gsma.File{FileInfo: gsma.FileInfo{URL: "https://media.example.com/pic?x=a.png", ContentType: "application/octet-stream", Size: 100<<20 - 100_000}},
			[]string{"https://media.example.com/pic?x=a.png"}},
	} {
		m := rbm.AgentMessage{ContentMessage: &c.message}
		if diff := cmp.Diff(c.refs, m.Files()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		got, err := m.Content(known)
		if diff := cmp.Diff(gsma.Content{File: &c.want}, got); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

func TestMistakesAreNamedAsTheStandardNamesFields(t *testing.T) {
	long := strings.Repeat("x", 26)
	video := &rbm.Media{Height: rbm.HeightTall, ContentInfo: &rbm.ContentInfo{FileURL: "https://media.example.com/a.mp4"}}
	card := func(c rbm.CardContent) *rbm.ContentMessage {
		return standalone(rbm.StandaloneCard{Orientation: rbm.Vertical, Content: &c})
	}
	for want, m := range map[string]*rbm.ContentMessage{
		"contentMessage: is missing": nil,
		"contentMessage: must be exactly one of text, fileName, uploadedRbmFile, contentInfo and richCard":                                      {},
		"contentMessage.text: at most 3072 characters, not 3073":                                                                                text(strings.Repeat("x", 3073)),
		"contentMessage.suggestions: at most 11 items, not 12":                                                                                  text("t", make12()...),
		"contentMessage.suggestions[1].reply.text: at most 25 characters, not 26":                                                               text("t", reply("a", "b"), reply(long, "b")),
		"contentMessage.suggestions[0].reply.postbackData: at most 2048 characters, not 2049":                                                   text("t", reply("a", strings.Repeat("x", 2049))),
		"contentMessage.suggestions[0]: must be exactly one of reply and action":                                                                text("t", rbm.Suggestion{}),
		"contentMessage.suggestions[0].action.openUrlAction.url: is not an http or https URL with a host and without a user name":               text("t", act(rbm.SuggestedAction{OpenURL: &rbm.OpenURLAction{URL: "javascript:alert(1)"}})),
		"contentMessage.suggestions[0].action.openUrlAction.application: is none of BROWSER, WEBVIEW":                                           text("t", act(rbm.SuggestedAction{OpenURL: &rbm.OpenURLAction{URL: "https://a.example/", Application: "EMBEDDED"}})),
		"contentMessage.suggestions[0].action.openUrlAction.webviewViewMode: is none of FULL, HALF, TALL":                                       text("t", act(rbm.SuggestedAction{OpenURL: &rbm.OpenURLAction{URL: "https://a.example/", Application: rbm.WebView, ViewMode: "WIDE"}})),
		"contentMessage.suggestions[0].action.dialAction.phoneNumber: is not a telephone number":                                                text("t", act(rbm.SuggestedAction{Dial: &rbm.DialAction{PhoneNumber: "**21*10086#"}})),
		"contentMessage.suggestions[0].action.viewLocationAction: must be exactly one of latitude with longitude and query":                     text("t", act(rbm.SuggestedAction{ViewLocation: &rbm.ViewLocationAction{}})),
		"contentMessage.suggestions[0].action.createCalendarEventAction.title: is missing":                                                      text("t", act(rbm.SuggestedAction{CreateEvent: &rbm.CreateEventAction{}})),
		"contentMessage.richCard: must be exactly one of carouselCard and standaloneCard":                                                       {RichCard: &rbm.RichCard{}},
		"contentMessage.richCard.standaloneCard.cardContent: is missing":                                                                        standalone(rbm.StandaloneCard{Orientation: rbm.Vertical}),
		"contentMessage.richCard.standaloneCard.cardOrientation: is none of VERTICAL, HORIZONTAL":                                               standalone(rbm.StandaloneCard{Content: &rbm.CardContent{Title: "t"}}),
		"contentMessage.richCard.standaloneCard.thumbnailImageAlignment: is none of LEFT, RIGHT":                                                standalone(rbm.StandaloneCard{Orientation: rbm.Horizontal, Alignment: "TOP", Content: &rbm.CardContent{Title: "t"}}),
		"contentMessage.richCard.standaloneCard.cardContent: needs at least one of media, title and description":                                card(rbm.CardContent{}),
		"contentMessage.richCard.standaloneCard.cardContent: needs a title, a description or suggestions beside the media of a horizontal card": standalone(rbm.StandaloneCard{Orientation: rbm.Horizontal, Content: &rbm.CardContent{Media: video}}),
		"contentMessage.richCard.standaloneCard.cardContent.title: at most 200 characters, not 201":                                             card(rbm.CardContent{Title: strings.Repeat("x", 201)}),
		"contentMessage.richCard.standaloneCard.cardContent.description: at most 2000 characters, not 2001":                                     card(rbm.CardContent{Description: strings.Repeat("x", 2001)}),
		"contentMessage.richCard.standaloneCard.cardContent.suggestions: at most 4 items, not 5":                                                card(rbm.CardContent{Title: "t", Suggestions: make12()[:5]}),
		"contentMessage.richCard.standaloneCard.cardContent.media.height: is none of SHORT, MEDIUM, TALL":                                       card(rbm.CardContent{Media: &rbm.Media{ContentInfo: video.ContentInfo}}),
		"contentMessage.richCard.standaloneCard.cardContent.media: must be exactly one of fileName, uploadedRbmFile and contentInfo":            card(rbm.CardContent{Media: &rbm.Media{Height: rbm.HeightTall}}),
		"contentMessage.richCard.standaloneCard.cardContent.media: names no file that was uploaded for this agent":                              card(rbm.CardContent{Media: &rbm.Media{Height: rbm.HeightTall, FileName: "files/none"}}),
		"contentMessage.richCard.standaloneCard.cardContent.media.contentInfo.fileUrl: is not an http or https URL with a host and without a user name": card(rbm.CardContent{Media: &rbm.Media{Height: rbm.HeightTall,
			ContentInfo: &rbm.ContentInfo{FileURL: "file:///etc/passwd"}}}),
		"contentMessage.richCard.carouselCard.cardContents: at least 2 items, not 1":  carousel(1),
		"contentMessage.richCard.carouselCard.cardContents: at most 10 items, not 11": carousel(11),
		"contentMessage.richCard.carouselCard.cardWidth: is none of SMALL, MEDIUM":    {RichCard: &rbm.RichCard{Carousel: &rbm.CarouselCard{Contents: make([]rbm.CardContent, 2)}}},
		"contentMessage.richCard.carouselCard.cardContents[1].media.height: is not for cards of small width": {RichCard: &rbm.RichCard{Carousel: &rbm.CarouselCard{
			Width: rbm.Small, Contents: []rbm.CardContent{{Title: "a"}, {Media: video}}}}},
		"contentMessage.contentInfo.fileUrl: is not an http or https URL with a host and without a user name": {ContentInfo: &rbm.ContentInfo{FileURL: "https://user@media.example.com/a.png"}},
	} {
		_, err := (&rbm.AgentMessage{ContentMessage: m}).Content(nil)
		if field := (*rbm.FieldError)(nil); !errors.As(err, &field) || err.Error() != want {
			t.Errorf("%v\nwant %s", err, want)
		}
	}
}

func make12() (list []rbm.Suggestion) {
	for i := range 12 {
		list = append(list, reply(fmt.Sprint("reply ", i), "d"))
	}
	return list
}

func TestWhatThisFormHasNoPlaceForIsRefused(t *testing.T) {
	for name, c := range map[string]gsma.Content{
		"a place":     {Location: &gsma.Location{Latitude: 1}},
		"a recording": {Text: "t", Suggestions: []gsma.Suggestion{gsma.NewAction("a", "d", gsma.Action{Compose: &gsma.ComposeAction{Recording: &gsma.ComposeRecording{PhoneNumber: "10086", Type: gsma.Audio}}})}},
		"nothing":     {},
	} {
		if m, err := rbm.FromContent(c); err == nil {
			t.Errorf("%s: %+v", name, m)
		}
	}
}

func TestDurations(t *testing.T) {
	for in, want := range map[string]time.Duration{"600s": 10 * time.Minute, "1.5s": 1500 * time.Millisecond, "0s": 0, "-3s": -3 * time.Second, "-0.5s": -time.Second / 2,
		"0.000000001s": 1, "999999999999s": (1<<63-1)/time.Second*time.Second - time.Second} {
		var d rbm.Duration
		if err := json.Unmarshal([]byte(`"`+in+`"`), &d); err != nil || time.Duration(d) != want {
			t.Errorf("%s: %v %v", in, time.Duration(d), err)
		}
	}
	for _, in := range []string{"", "600", "s", "1m", "1.s", ".5s", "1e3s", "1.0000000001s", "+1s", " 1s"} {
		var d rbm.Duration
		if err := json.Unmarshal([]byte(`"`+in+`"`), &d); err == nil {
			t.Errorf("%q is %v", in, time.Duration(d))
		}
	}
	if b, err := json.Marshal(rbm.Duration(1500 * time.Millisecond)); err != nil || string(b) != `"1.5s"` {
		t.Errorf("%s %v", b, err)
	}
}
