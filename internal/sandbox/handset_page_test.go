package sandbox

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// page gets a page as a browser does, or posts a form to it, and follows.
func (r *rig) page(path string, form url.Values) (status int, text, at string) {
	r.t.Helper()
	var res *http.Response
	var err error
	if form == nil {
		res, err = http.Get(r.phone.URL + path)
	} else {
		res, err = http.PostForm(r.phone.URL+path, form)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.StatusCode, string(body), res.Request.URL.RequestURI()
}

// TestPageOfAPhone walks through a transfer with forms alone.
func TestPageOfAPhone(t *testing.T) {
	r := newRig(t)
	s := r.subscriber(0)
	own := "/subscribers/" + s.Number
	wants := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("no %s in\n%s", part, text)
			}
		}
	}
	_, list, _ := r.page("/", nil)
	wants(list, "138****0001", strings.ReplaceAll(own, "+", "&#43;"))
	_, idle, _ := r.page(own, nil)
	wants(idle, "没有待确认的请求", s.ICCID, `http-equiv="refresh"`)

	r.enrolled(s)
	r.transfer(s, 2)
	p := r.next(s)
	_, list, _ = r.page("/", nil)
	wants(list, "待确认")
	_, text, _ := r.page(own, nil)
	wants(text, "【转账确认】", "张伟", "¥48,000.00", p.VerificationCode, p.ID, `type="password"`, "签名密码")
	for _, not := range []string{`http-equiv="refresh"`, s.SigningPIN, s.Number + "<", s.Ki} {
		if strings.Contains(text, not) {
			t.Errorf("%s is in\n%s", not, text)
		}
	}
	_, short, _ := r.page(own, url.Values{"id": {p.ID}, "action": {"confirm"}, "pin": {"1"}})
	wants(short, "位数不对", p.ID)
	_, wrong, _ := r.page(own, url.Values{"id": {p.ID}, "action": {"confirm"}, "pin": {"000000"}})
	wants(wrong, "密码错误，还可输入 2 次", "张伟")
	_, gone, _ := r.page(own, url.Values{"id": {"prm_other"}, "action": {"cancel"}})
	wants(gone, "张伟")
	_, sent, at := r.page(own, url.Values{"id": {r.next(s).ID}, "action": {"confirm"}, "pin": {s.SigningPIN}})
	wants(sent, "已提交")
	if strings.Contains(at, "pin") || strings.Contains(at, s.SigningPIN) {
		t.Errorf("the address is %s", at)
	}
	_, gone, _ = r.page(own, url.Values{"id": {p.ID}, "action": {"confirm"}, "pin": {s.SigningPIN}})
	wants(gone, "该请求已不在")
	_, off, _ := r.page(own, url.Values{"action": {"off"}})
	wants(off, "手机已关机")
	_, on, _ := r.page(own, url.Values{"action": {"on"}})
	wants(on, "没有待确认的请求")
}

func TestPagesThatThereAreNot(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/subscribers/+8613900000000", "/subscribers/x", "/elsewhere"} {
		if status, _, _ := r.page(path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
	if status, _, _ := r.page("/subscribers/+8613900000000", url.Values{"action": {"off"}}); status != http.StatusNotFound {
		t.Errorf("a form of nobody: %d", status)
	}
	_, text, _ := r.page("/subscribers/"+r.subscriber(0).Number+"?said=you+won", nil)
	if strings.Contains(text, "you won") {
		t.Error("the page says what its address does")
	}
}

// TestCodes: a code to be typed in elsewhere stands in for the one to be compared, in a log-in whose text has both.
func TestCodes(t *testing.T) {
	for _, c := range []struct{ kind, text, code, compared, typed string }{
		{"login", "【登录确认】\n网页登录验证码 608170，无需输入密码", "8170", "", "608170"},
		{"login", "【登录确认】\n订单 123456", "8170", "8170", ""},
		{"transaction", "【转账确认】\n附言：608170", "8170", "8170", ""},
		{"login", "【登录确认】\n1608170", "8170", "8170", ""},
		{"registration", "【密钥开通】", "", "", ""},
	} {
		if compared, typed := codes(&Prompt{Kind: c.kind, Text: c.text, VerificationCode: c.code}); compared != c.compared || typed != c.typed {
			t.Errorf("%+v: %q %q", c, compared, typed)
		}
	}
}
