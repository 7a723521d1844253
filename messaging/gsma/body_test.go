package gsma_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust/messaging/gsma"
)

func decode(contentType, data string) (gsma.Received, error) {
	return gsma.Decode(gsma.Part{ContentType: contentType, Data: []byte(data)})
}

func located(l gsma.Location) gsma.Received {
	return gsma.Received{Content: gsma.Content{Location: &l}}
}

func TestGeo(t *testing.T) {
	hotel := gsma.Location{Latitude: 31.2183, Longitude: 121.5447, System: "gcj02", Uncertainty: 10, Label: "Kerry Hotel"}
	for uri, want := range map[string]gsma.Location{
		"geo:31.2183,121.5447;crs=gcj02;u=10;rcs-l=Kerry%20Hotel":              hotel, // a message of the Chinese interface
		"GEO:31.2183,121.5447;RCS-L=Kerry Hotel;U=10;CRS=GCJ02":                hotel,
		"geo:50.7311865,7.0914591;crs=gcj02;u=10;rcs-l=Shop%20%F0%9F%8D%9A":    {Latitude: 50.7311865, Longitude: 7.0914591, System: "gcj02", Uncertainty: 10, Label: "Shop 🍚"},
		"geo:48.2010,16.3695,183":                                              {Latitude: 48.2010, Longitude: 16.3695}, // RFC 5870 §6.1
		"geo:66,30;u=6.500;FOo=this%2dthat":                                    {Latitude: 66, Longitude: 30, Uncertainty: 6.5},
		"geo:-0.5,-180":                                                        {Latitude: -0.5, Longitude: -180},
		"geo:90,0;rcs-l=" + "%E5%8C%97%E6%9E%81":                               {Latitude: 90, Label: "北极"},
		"geo:39.9087,116.3975;crs=gcj02;rcs-l=天安门":                             {Latitude: 39.9087, Longitude: 116.3975, System: "gcj02", Label: "天安门"},
		"geo:1.0,2.00;crs=wgs84;u=0;rcs-l=a+b":                                 {Latitude: 1, Longitude: 2, System: "wgs84", Label: "a+b"},
		"geo:00012.5,0000000000000000000000000000000000000000000000000.000001": {Latitude: 12.5, Longitude: 0.000001},
	} {
		got, err := gsma.ParseGeo(uri)
		if err != nil || got != want {
			t.Errorf("%s: %+v %v", uri, got, err)
			continue
		}
		if again, err := gsma.ParseGeo(got.URI()); err != nil || again != got {
			t.Errorf("%s: %+v %v", got.URI(), again, err)
		}
	}
	if want := "geo:31.2183,121.5447;crs=gcj02;u=10;rcs-l=Kerry%20Hotel"; hotel.URI() != want {
		t.Errorf("%s, want %s", hotel.URI(), want)
	}
	if l := (gsma.Location{Label: "a;u=1&b=c/é"}); l.URI() != "geo:0,0;rcs-l=a%3Bu%3D1%26b%3Dc%2F%C3%A9" {
		t.Error(l.URI())
	}
}

func TestGeoRefusesWhatIsNone(t *testing.T) {
	for _, uri := range []string{
		"", "geo", "geo:", "geo:1", "geo:1,", "geo:,1", "geo:1,2,3,4", "geo:91,0", "geo:0,181", "geo:NaN,0", "geo:1e1,0", "geo:0x1,0", "geo:+1,0", "geo:1., 2",
		"geo:Inf,0", "geo: 1,2", "geo:1,2;u=-1", "geo:1,2;u=", "geo:1,2;u=1;u=1", "geo:1,2;u=1;U=2", "geo:1,2;crs=", "geo:1,2;crs=a b", "geo:1,2;rcs-l=%",
		"geo:1,2;rcs-l=%FF", "geo:1,2;x=1;x=2", "geo:1,2;u=1e400", "https://1,2",
	} {
		if l, err := gsma.ParseGeo(uri); !errors.Is(err, gsma.ErrMalformed) {
			t.Errorf("%s is read as %+v: %v", uri, l, err)
		}
	}
}

// TestTextThatIsNoPlaceStaysText: what only begins like a place is something that a person wrote.
func TestTextThatIsNoPlaceStaysText(t *testing.T) {
	r, err := decode("text/plain;charset=UTF-8", "geo:logy")
	if err != nil || r.Text != "geo:logy" || r.Location != nil {
		t.Errorf("%+v %v", r, err)
	}
	if r, err = decode("text/plain", " geo:1,2\r\n"); err != nil || !cmp.Equal(r, located(gsma.Location{Latitude: 1, Longitude: 2})) {
		t.Errorf("%+v %v", r, err)
	}
}

const fileXML = `<?xml version="1.0" encoding="UTF-8"?>
<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp"><file-info type="thumbnail"><file-size>7427</file-size><content-type>image/jpeg</content-type>` +
	`<data url="https://media.example.com/t.jpg?a=1&amp;b=2" until="2019-04-25T12:17:07Z"></data></file-info>` +
	`<file-info type="file"><file-size>183524</file-size><file-name>a &amp; b.jpg</file-name><content-type>image/jpeg</content-type>` +
	`<data url="https://media.example.com/a.jpg" until="2019-04-25T12:17:07Z"></data></file-info></file>`

func TestFileTransfer(t *testing.T) {
	until := time.Date(2019, 4, 25, 12, 17, 7, 0, time.UTC)
	want := gsma.Content{File: &gsma.File{
		FileInfo:  gsma.FileInfo{URL: "https://media.example.com/a.jpg", ContentType: "image/jpeg", Size: 183524, Name: "a & b.jpg", Until: until},
		Thumbnail: &gsma.FileInfo{URL: "https://media.example.com/t.jpg?a=1&b=2", ContentType: "image/jpeg", Size: 7427, Until: until},
	}}
	r, err := decode(gsma.TypeFile, fileXML)
	if diff := cmp.Diff(gsma.Received{Content: want}, r); err != nil || diff != "" {
		t.Fatal(err, diff)
	}
	p, err := gsma.Encode(want, gsma.RCS.Limits())
	if err != nil || p.ContentType != gsma.TypeFile {
		t.Fatal(p, err)
	}
	if diff := cmp.Diff(fileXML, string(p.Data)); diff != "" {
		t.Error(diff)
	}
}

// TestFileTransferOfOthers has what clients leave out and add.
func TestFileTransferOfOthers(t *testing.T) {
	for name, data := range map[string]string{
		"no namespace": `<file><file-info type="file"><content-type> a/b </content-type><data url = "https://a.example/x"/></file-info></file>`,
		"no type":      `<file><file-info><content-type>a/b</content-type><data url="https://a.example/x"/></file-info></file>`,
		"extended": `<file xmlns="urn:gsma:params:xml:ns:rcs:rcs:fthttp" xmlns:e="urn:x"><file-info type="file" file-disposition="render"><file-size>-3</file-size>` +
			`<content-type>a/b</content-type><e:branded-url>u</e:branded-url><data url="https://a.example/x" until="soon"/></file-info><file-info type="icon"/></file>`,
	} {
		r, err := decode("application/vnd.gsma.rcs-ft-http", data)
		if err != nil || !cmp.Equal(*r.File, gsma.File{FileInfo: gsma.FileInfo{URL: "https://a.example/x", ContentType: "a/b"}}) {
			t.Errorf("%s: %+v %v", name, r.File, err)
			continue
		}
		if err := gsma.Check(r.Content, gsma.RCS.Limits()); message(err) != "/file/size is missing" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// mixed joins bodies of a content type by the boundary "next".
func mixed(parts ...[2]string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--next\r\nContent-Type: " + p[0] + "\r\n\r\n" + p[1] + "\r\n")
	}
	return b.String() + "--next--\r\n"
}

const (
	chips     = `{"suggestions":[{"reply":{"displayText":"查票","postback":{"data":"q"}}}]}`
	cardJSON  = `{"message":{"generalPurposeCard":{"layout":{"cardOrientation":"VERTICAL"},"content":{"title":"t"}}}}`
	reply     = `{"response":{"reply":{"displayText":"a"}}}`
	device    = `{"sharedData":{"deviceSpecifics":{"deviceModel":"OnePlus 7 Pro"}}}`
	multipart = `multipart/mixed; boundary="next"`
)

func TestTextWithChips(t *testing.T) {
	c := gsma.Content{Text: "请选择", Suggestions: []gsma.Suggestion{gsma.NewReply("查票", "q")}}
	p, err := gsma.Encode(c, gsma.China.Limits())
	if err != nil {
		t.Fatal(err)
	}
	want := "--next\r\nContent-Length: 9\r\nContent-Type: text/plain;charset=UTF-8\r\n\r\n请选择\r\n" +
		"--next\r\nContent-Length: 76\r\nContent-Type: application/vnd.gsma.botsuggestion.v1.0+json\r\n\r\n" + chips + "\r\n--next--\r\n"
	if diff := cmp.Diff(want, string(p.Data)); diff != "" || p.ContentType != "multipart/mixed; boundary=next" {
		t.Error(p.ContentType, diff)
	}
	for name, data := range map[string]string{
		"in order":    mixed([2]string{"text/plain;charset=UTF-8", "请选择"}, [2]string{gsma.TypeSuggestion, chips}),
		"chips first": mixed([2]string{gsma.TypeSuggestion, chips}, [2]string{"text/plain", "请选择"}),
		"base64": strings.Replace(mixed([2]string{"text/plain\r\nContent-Transfer-Encoding: base64", base64.StdEncoding.EncodeToString([]byte("请选择"))},
			[2]string{gsma.TypeSuggestion, chips}), "next--\r\n", "next--", 1),
	} {
		r, err := decode(multipart, data)
		if diff := cmp.Diff(gsma.Received{Content: c}, r); err != nil || diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
}

// TestBoundaryIsInNoPart: a text that holds the boundary ends no part.
func TestBoundaryIsInNoPart(t *testing.T) {
	c := gsma.Content{Text: "a\r\n--next--\r\nb", Suggestions: []gsma.Suggestion{gsma.NewReply("a", "d")}}
	p, err := gsma.Encode(c, gsma.RCS.Limits())
	if err != nil {
		t.Fatal(err)
	}
	r, err := gsma.Decode(p)
	if diff := cmp.Diff(gsma.Received{Content: c}, r); err != nil || diff != "" {
		t.Error(err, diff)
	}
}

// TestGuideSamples has what the samples of a service provider's guide get wrong: it comes in, and goes out only when it is mended.
func TestGuideSamples(t *testing.T) {
	r, err := decode(gsma.TypeCard, `{"message":{"generalPurposeCard":{"layout":{"cardOrientation":"VERTICAL","titleFontStyle":["calibri","bold"],"extra":1},
		"content":{"media":{"mediaUrl":"https://a.example/a.png","mediaContentType":"image/png","height":"SHORT_HEIGHT"},"suggestions":[
		{"action":{"urlAction":{"openUrl":{"url":"https://a.example/"}},"displayText":"a","postback":{"data":"d"}}},{"action":{"danceAction":{},"displayText":"b"}}]}}}}`)
	if err != nil {
		t.Fatal(err)
	}
	content := &r.Card.Content
	if got := r.Card.Layout.Title; !cmp.Equal(got, []gsma.FontStyle{gsma.Bold}) {
		t.Errorf("fonts %v", got)
	}
	if got := content.Suggestions[0].Action.URL.OpenURL.Application; got != gsma.Browser {
		t.Errorf("application %q", got)
	}
	if got := content.Suggestions[1].Kind(); got != gsma.KindUnknown {
		t.Errorf("kind %q", got)
	}
	for _, want := range []string{cardField + "/content/media/mediaFileSize is missing", cardField + "/content/suggestions/1 is not exactly one reply or action of a known kind"} {
		if err := gsma.Check(r.Content, gsma.RCS.Limits()); message(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
		content.Media.Size = 1
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, c := range map[string]struct{ contentType, data, want string }{
		"no type":            {"", "t", "the content has no content type"},
		"unknown type":       {"image/png", "t", "the content is of an unknown content type"},
		"empty":              {"text/plain", "", "the content is empty"},
		"charset":            {"text/plain;charset=gbk", "t", "/text is not UTF-8"},
		"octets":             {"text/plain", "\xff", "/text is not UTF-8"},
		"large":              {"text/plain", strings.Repeat("a", gsma.MaxBody+1), "rcs takes at most 262144 octets in the content, not 262145"},
		"no JSON":            {gsma.TypeCard, `{"message":`, "/message is not JSON"},
		"two documents":      {gsma.TypeSuggestion, chips + chips, "the content is not JSON"},
		"no root":            {gsma.TypeCard, `{"Message":{}}`, "the content must have exactly one of message, suggestions, response and sharedData"},
		"twice":              {gsma.TypeSuggestion, `{"suggestions":[{"reply":{"displayText":"a","displayText":"b"}}]}`, "/suggestions/0/reply/displayText is there twice"},
		"type of a member":   {gsma.TypeSuggestion, `{"suggestions":[{"reply":{"displayText":4711}}]}`, "/suggestions/0/reply/displayText is of another type than the schema says"},
		"time":               {gsma.TypeSuggestion, `{"suggestions":[{"action":{"calendarAction":{"createCalendarEvent":{"startTime":"noon"}}}}]}`, "/suggestions/0/action/calendarAction/createCalendarEvent/startTime is of another type than the schema says"},
		"lone surrogate":     {gsma.TypeSuggestion, `{"suggestions":[{"reply":{"displayText":"\ud800"}}]}`, "/suggestions/0/reply/displayText is not JSON"},
		"no card":            {gsma.TypeCard, `{"message":{}}`, "/message must be exactly one of a card and a carousel"},
		"both cards":         {gsma.TypeCard, `{"message":{"generalPurposeCard":{},"generalPurposeCardCarousel":{}}}`, "/message must be exactly one of a card and a carousel"},
		"no response":        {gsma.TypeResponse, `{"response":{}}`, "/response must be exactly one of a reply and an action"},
		"both responses":     {gsma.TypeResponse, `{"response":{"reply":{"displayText":"a"},"action":{"displayText":"a"}}}`, "/response must be exactly one of a reply and an action"},
		"no XML":             {gsma.TypeFile, `<file`, "/file is not the XML of a file transfer"},
		"other XML":          {gsma.TypeFile, `<note/>`, "/file is not the XML of a file transfer"},
		"entity":             {gsma.TypeFile, `<!DOCTYPE file [<!ENTITY x "y">]><file><file-info type="file"><data url="&x;"/></file-info></file>`, "/file is not the XML of a file transfer"},
		"size":               {gsma.TypeFile, `<file><file-info><file-size>1e3</file-size></file-info></file>`, "/file is not the XML of a file transfer"},
		"no file":            {gsma.TypeFile, `<file><file-info type="thumbnail"><data url="https://a.example/"/></file-info></file>`, "/file/url is missing"},
		"no URL":             {gsma.TypeFile, `<file><file-info/></file>`, "/file/url is missing"},
		"two files":          {gsma.TypeFile, `<file><file-info/><file-info/></file>`, "/file names two files of one type"},
		"no boundary":        {"multipart/mixed", "", "the content is multipart without a boundary"},
		"no part":            {multipart, "--next--\r\n", "the content is empty"},
		"cut off":            {multipart, "--next\r\nContent-Type: text/plain\r\n\r\nt", "the content is not multipart/mixed"},
		"part in a part":     {multipart, mixed([2]string{`multipart/mixed; boundary="a"`, "--a--"}), "the content is of an unknown content type"},
		"two texts":          {multipart, mixed([2]string{"text/plain", "the content has two contents"}, [2]string{"text/plain", "b"}), "the content has two contents"},
		"text and card":      {multipart, mixed([2]string{"text/plain", "a"}, [2]string{gsma.TypeCard, cardJSON}), "the content has two contents"},
		"two cards":          {multipart, mixed([2]string{gsma.TypeCard, cardJSON}, [2]string{gsma.TypeCard, cardJSON}), "the content has two contents"},
		"two chip lists":     {multipart, mixed([2]string{gsma.TypeSuggestion, chips}, [2]string{gsma.TypeSuggestion, chips}), "/suggestions is there twice"},
		"two places":         {multipart, mixed([2]string{"text/plain", "geo:1,2"}, [2]string{"text/plain", "geo:1,2"}), "the content has two contents"},
		"text and place":     {multipart, mixed([2]string{"text/plain", "a"}, [2]string{"text/plain", "geo:1,2"}), "the content has two contents"},
		"two transfers":      {multipart, mixed([2]string{gsma.TypeFile, fileXML}, [2]string{gsma.TypeFile, fileXML}), "the content has two contents"},
		"two responses":      {multipart, mixed([2]string{gsma.TypeResponse, reply}, [2]string{gsma.TypeResponse, reply}), "the content has two contents"},
		"two devices":        {multipart, mixed([2]string{gsma.TypeSharedData, device}, [2]string{gsma.TypeSharedData, device}), "the content has two contents"},
		"two texts, a file":  {multipart, mixed([2]string{"text/plain", "a"}, [2]string{gsma.TypeFile, fileXML}, [2]string{"text/plain", "b"}), "the content has two contents"},
		"a file and a place": {multipart, mixed([2]string{gsma.TypeFile, fileXML}, [2]string{"text/plain", "geo:1,2"}), "the content has two contents"},
		"many parts":         {multipart, mixed(make([][2]string, 5)...), "rcs takes at most 4 items in the content, not 5"},
		"transfer encoding":  {multipart, mixed([2]string{"text/plain\r\nContent-Transfer-Encoding: x-uuencode", "a"}), "the content has a part in an unknown transfer encoding"},
		"damaged base64":     {multipart, mixed([2]string{"text/plain\r\nContent-Transfer-Encoding: base64", "*"}), "the content is not multipart/mixed"},
		"response with card": {multipart, mixed([2]string{gsma.TypeResponse, reply}, [2]string{gsma.TypeCard, cardJSON}), "the content has two contents"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := decode(c.contentType, c.data)
			if message(err) != c.want {
				t.Errorf("%v, want %s (%+v)", err, c.want, r)
			}
		})
	}
}

func TestEncodeRefusesWhatIsNone(t *testing.T) {
	minus := int64(-1)
	for want, encode := range map[string]func() (gsma.Part, error){
		"/response must be exactly one of a reply and an action": func() (gsma.Part, error) { return gsma.EncodeResponse(gsma.Response{}) },
		"/response/reply/displayText is missing":                 func() (gsma.Part, error) { return gsma.EncodeResponse(gsma.Response{Reply: &gsma.Choice{}}) },
		"/sharedData/deviceSpecifics/batteryRemainingMinutes is negative": func() (gsma.Part, error) {
			return gsma.EncodeSharedData(gsma.SharedData{DeviceSpecifics: &gsma.DeviceSpecifics{BatteryRemainingMinutes: &minus}})
		},
		"rcs takes at most 4 characters in /sharedData/deviceSpecifics/clientVendor, not 5": func() (gsma.Part, error) {
			return gsma.EncodeSharedData(gsma.SharedData{DeviceSpecifics: &gsma.DeviceSpecifics{ClientVendor: "ABCDE"}})
		},
		"the content must be exactly one of a text, a location, a file, a card and a carousel": func() (gsma.Part, error) {
			return gsma.Encode(gsma.Content{}, gsma.RCS.Limits())
		},
	} {
		if p, err := encode(); message(err) != want || p.Data != nil {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
