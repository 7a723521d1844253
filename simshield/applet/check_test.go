package applet_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield/applet"
)

// TestTextRefused: what a person could read otherwise than it is signed.
func TestTextRefused(t *testing.T) {
	for name, c := range map[string]struct{ text, reason string }{
		"nothing":                     {"", applet.ReasonMissing},
		"too long":                    {strings.Repeat("明", applet.MaxPayeeName+1), applet.ReasonTooLong},
		"too long in ASCII":           {strings.Repeat("x", applet.MaxPayeeName+1), applet.ReasonTooLong},
		"not UTF-8":                   {"王\xff", applet.ReasonEncoding},
		"overlong":                    {"\xc0\xaf", applet.ReasonEncoding},
		"high surrogate":              {"\xed\xa0\x80", applet.ReasonEncoding},
		"surrogate pair":              {"\xed\xa1\x82\xed\xbe\xb7", applet.ReasonEncoding},
		"decomposed":                  {"Zoe\u0308", applet.ReasonNotComposed},
		"angstrom sign":               {"\u212Bngstrom", applet.ReasonNotComposed},
		"compatibility ideograph":     {"\uF900", applet.ReasonNotComposed},
		"ohm sign":                    {"\u2126", applet.ReasonNotComposed},
		"NUL":                         {"王\x00", applet.ReasonControl},
		"line feed":                   {"王\n金额：¥1.00", applet.ReasonControl},
		"carriage return":             {"王\r李", applet.ReasonControl},
		"tab":                         {"王\t李", applet.ReasonControl},
		"escape":                      {"\x1b[2J", applet.ReasonControl},
		"delete":                      {"王\x7f", applet.ReasonControl},
		"next line":                   {"王\u0085李", applet.ReasonControl},
		"line separator":              {"王\u2028李", applet.ReasonControl},
		"paragraph separator":         {"王\u2029李", applet.ReasonControl},
		"left-to-right mark":          {"王\u200E", applet.ReasonDirection},
		"right-to-left mark":          {"王\u200F李", applet.ReasonDirection},
		"right-to-left override":      {"\u202E321", applet.ReasonDirection},
		"right-to-left isolate":       {"\u2067321\u2069", applet.ReasonDirection},
		"Arabic letter mark":          {"1\u061C2", applet.ReasonDirection},
		"Hebrew":                      {"אבג 123", applet.ReasonDirection},
		"Arabic":                      {"محمد", applet.ReasonDirection},
		"Arabic-Indic digits":         {"٤٨٠٠٠", applet.ReasonDirection},
		"Persian digits":              {"۴۸", applet.ReasonDirection},
		"Arabic presentation form":    {"\uFEF5", applet.ReasonDirection},
		"Adlam":                       {"\U0001E900", applet.ReasonDirection},
		"zero-width space":            {"王\u200B小明", applet.ReasonInvisible},
		"zero-width joiner":           {"王\u200D小明", applet.ReasonInvisible},
		"zero-width non-joiner":       {"王\u200C小明", applet.ReasonInvisible},
		"word joiner":                 {"王\u2060小明", applet.ReasonInvisible},
		"byte order mark":             {"\uFEFF王小明", applet.ReasonInvisible},
		"soft hyphen":                 {"Wang\u00ADXiao", applet.ReasonInvisible},
		"Hangul filler":               {"王\u3164", applet.ReasonInvisible},
		"Mongolian vowel separator":   {"王\u180E", applet.ReasonInvisible},
		"variation selector":          {"王\uFE0F", applet.ReasonInvisible},
		"ideographic variation":       {"王\U000E0100", applet.ReasonInvisible},
		"tag character":               {"王\U000E0041", applet.ReasonInvisible},
		"grapheme joiner":             {"王\u034F", applet.ReasonInvisible},
		"leading space":               {" 王小明", applet.ReasonSpace},
		"trailing space":              {"王小明 ", applet.ReasonSpace},
		"two spaces":                  {"Wang  Xiaoming", applet.ReasonSpace},
		"only a space":                {" ", applet.ReasonSpace},
		"no-break space":              {"Wang\u00A0Xiaoming", applet.ReasonSpace},
		"ideographic space":           {"王\u3000小明", applet.ReasonSpace},
		"thin space":                  {"48\u2009000", applet.ReasonSpace},
		"combining mark":              {"q\u0303", applet.ReasonCombining},
		"keycap":                      {"1\u20E3", applet.ReasonCombining},
		"strike through":              {"5\u03360", applet.ReasonCombining},
		"full-width digits":           {"４８０００", applet.ReasonDigit},
		"Devanagari digits":           {"४८", applet.ReasonDigit},
		"Thai digits":                 {"๔๘", applet.ReasonDigit},
		"circled digit":               {"①", applet.ReasonDigit},
		"superscript":                 {"10³", applet.ReasonDigit},
		"fraction":                    {"½", applet.ReasonDigit},
		"Roman numeral":               {"Ⅳ", applet.ReasonDigit},
		"Hangzhou numeral":            {"〡〢", applet.ReasonDigit},
		"mathematical digits":         {"\U0001D7D2", applet.ReasonDigit},
		"Cyrillic O for zero":         {"48\u041E00", applet.ReasonDigit},
		"Cyrillic Ze for three":       {"\u04170000", applet.ReasonDigit},
		"Greek omicron for zero":      {"5\u03BF", applet.ReasonDigit},
		"Chinese zero for zero":       {"5〇000", applet.ReasonDigit},
		"stroked O for zero":          {"5Ø0", applet.ReasonDigit},
		"downward stroke for one":     {"丨0", applet.ReasonDigit},
		"Cyrillic among Latin":        {"B\u0430nk", applet.ReasonLookalike},
		"Greek among Latin":           {"B\u03B1nk", applet.ReasonLookalike},
		"Greek among Cyrillic":        {"\u0411\u03B1\u043D\u043A", applet.ReasonLookalike},
		"full-width letters":          {"Ｂａｎｋ", applet.ReasonLookalike},
		"full-width full stop":        {"48．00", applet.ReasonLookalike},
		"full-width yen":              {"￥1", applet.ReasonLookalike},
		"half-width katakana":         {"\uFF71", applet.ReasonLookalike},
		"IPA alpha":                   {"b\u0251nk", applet.ReasonLookalike},
		"click letter":                {"\u01C0", applet.ReasonLookalike},
		"long s":                      {"\u017Fum", applet.ReasonLookalike},
		"Cherokee":                    {"\u13A0", applet.ReasonLookalike},
		"Armenian":                    {"\u0555", applet.ReasonLookalike},
		"katakana among ideographs":   {"中国エ商银行", applet.ReasonLookalike},
		"katakana before ideographs":  {"エ商银行", applet.ReasonLookalike},
		"modifier letter":             {"\u02BC", applet.ReasonLookalike},
		"Hangul jamo":                 {"\u3147", applet.ReasonLookalike},
		"full-width comma in a sum":   {"5，000", applet.ReasonSeparator},
		"ideographic comma in a sum":  {"5、000", applet.ReasonSeparator},
		"middle dot in a sum":         {"5·00", applet.ReasonSeparator},
		"ideographic stop in a sum":   {"5。00", applet.ReasonSeparator},
		"apostrophe in a sum":         {"5’000", applet.ReasonSeparator},
		"private use":                 {"\uE000", applet.ReasonUnassigned},
		"private use above":           {"\U000F0000", applet.ReasonUnassigned},
		"unassigned":                  {"\u0378", applet.ReasonUnassigned},
		"noncharacter":                {"\uFFFE", applet.ReasonUnassigned},
		"noncharacter above":          {"\U0001FFFF", applet.ReasonUnassigned},
		"ideograph above the plane":   {"\U00020BB7田", applet.ReasonUnsupported},
		"emoji":                       {"\U0001F600", applet.ReasonUnsupported},
		"mathematical letter":         {"\U0001D400", applet.ReasonUnsupported},
		"the applet's own heading":    {"【转账确认】", applet.ReasonUnsupported},
		"radical":                     {"\u2F00", applet.ReasonUnsupported},
		"box drawing":                 {"\u2500", applet.ReasonUnsupported},
		"replacement character":       {"\uFFFD", applet.ReasonUnsupported},
		"object replacement":          {"\uFFFC", applet.ReasonUnsupported},
		"minus sign":                  {"\u22121", applet.ReasonUnsupported},
		"division slash":              {"a\u2215b", applet.ReasonUnsupported},
		"Arabic decimal separator":    {"5\u066B00", applet.ReasonDirection},
		"one dot leader":              {"5\u202400", applet.ReasonUnsupported},
		"lookalike at the very end":   {"王小明\u200B", applet.ReasonInvisible},
		"lookalike at the very front": {"\u202D王小明", applet.ReasonDirection},
	} {
		t.Run(name, func(t *testing.T) {
			subject := transfer()
			subject.PayeeName = c.text
			_, err := about(subject).Compose()
			wantRefused(t, err, c.reason, "payee_name")
			if err != nil && c.text != "" && len(c.text) > 1 && strings.Contains(err.Error(), c.text) {
				t.Errorf("the refusal repeats the text: %v", err)
			}
		})
	}
}

func TestTextAccepted(t *testing.T) {
	for _, text := range []string{
		"王小明", "欧阳〇〇", "北京某某（集团）有限公司", "买买提·吐尔逊", "Société Générale", "Nguyễn Văn An", "Lǚ Xiǎomíng", "O'Neil & Sons, Ltd.",
		"Сбербанк России", "Εθνική Τράπεζα", "東京エレクトロン", "セブン銀行", "김민수", "ㄅㄆㄇ", "H2O", "50%", "A-1/2 #3 [x] {y} a@b.cn ~", "“合同”，第2版；《附件》", "中国ABC银行",
		"3，货款", "一、货款", "№ 5 … €10",
	} {
		if err := applet.Check("memo", text, applet.MaxMemo); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestFieldRefused: each field has its rule and is named in the refusal.
func TestFieldRefused(t *testing.T) {
	change := func(f func(*applet.Transfer)) applet.Statement {
		subject := transfer()
		f(&subject)
		return about(subject)
	}
	spoilt := func(f func(*applet.Statement)) applet.Statement {
		s := about(transfer())
		f(&s)
		return s
	}
	for name, c := range map[string]struct {
		statement     applet.Statement
		reason, field string
	}{
		"no party":            {spoilt(func(s *applet.Statement) { s.Party = "" }), applet.ReasonMissing, "party"},
		"party":               {spoilt(func(s *applet.Statement) { s.Party = "银\u200B行" }), applet.ReasonInvisible, "party"},
		"long party":          {spoilt(func(s *applet.Statement) { s.Party = strings.Repeat("行", 31) }), applet.ReasonTooLong, "party"},
		"language":            {spoilt(func(s *applet.Statement) { s.Language = 7 }), applet.ReasonForm, "language"},
		"no end":              {spoilt(func(s *applet.Statement) { s.NotAfter = time.Time{} }), applet.ReasonForm, "not_after"},
		"parts of a second":   {spoilt(func(s *applet.Statement) { s.NotAfter = now.Add(time.Millisecond) }), applet.ReasonForm, "not_after"},
		"year 10000":          {spoilt(func(s *applet.Statement) { s.NotAfter = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }), applet.ReasonForm, "not_after"},
		"no subject":          {about(nil), applet.ReasonMissing, "subject"},
		"pointer":             {about(&applet.Transfer{}), applet.ReasonMissing, "subject"},
		"no order":            {change(func(t *applet.Transfer) { t.Order = "" }), applet.ReasonMissing, "order"},
		"order":               {change(func(t *applet.Transfer) { t.Order = "订单 1" }), applet.ReasonForm, "order"},
		"long order":          {change(func(t *applet.Transfer) { t.Order = strings.Repeat("1", 41) }), applet.ReasonTooLong, "order"},
		"no account":          {change(func(t *applet.Transfer) { t.PayeeAccount = "" }), applet.ReasonMissing, "payee_account"},
		"account, lower case": {change(func(t *applet.Transfer) { t.PayeeAccount = "de02" }), applet.ReasonForm, "payee_account"},
		"account with spaces": {change(func(t *applet.Transfer) { t.PayeeAccount = "6222 0212" }), applet.ReasonForm, "payee_account"},
		"account, full width": {change(func(t *applet.Transfer) { t.PayeeAccount = "６２２２" }), applet.ReasonForm, "payee_account"},
		"account with a mark": {change(func(t *applet.Transfer) { t.PayeeAccount = "6222\u202E0212" }), applet.ReasonForm, "payee_account"},
		"long account":        {change(func(t *applet.Transfer) { t.PayeeAccount = strings.Repeat("1", 35) }), applet.ReasonTooLong, "payee_account"},
		"nothing paid":        {change(func(t *applet.Transfer) { t.Amount.Minor = 0 }), applet.ReasonAmount, "amount"},
		"negative":            {change(func(t *applet.Transfer) { t.Amount.Minor = -1 }), applet.ReasonAmount, "amount"},
		"16 digits":           {change(func(t *applet.Transfer) { t.Amount.Minor = 1_000_000_000_000_000 }), applet.ReasonAmount, "amount"},
		"no currency":         {change(func(t *applet.Transfer) { t.Amount.Currency = "" }), applet.ReasonAmount, "currency"},
		"currency":            {change(func(t *applet.Transfer) { t.Amount.Currency = "RMB" }), applet.ReasonAmount, "currency"},
		"currency, case":      {change(func(t *applet.Transfer) { t.Amount.Currency = "cny" }), applet.ReasonAmount, "currency"},
		"memo":                {change(func(t *applet.Transfer) { t.Memo = "金额 5，000" }), applet.ReasonSeparator, "memo"},
		"no time":             {change(func(t *applet.Transfer) { t.Time = time.Time{} }), applet.ReasonForm, "time"},
		"batch with a payee":  {change(func(t *applet.Transfer) { t.Batch = &applet.Batch{Count: 2} }), applet.ReasonForm, "payee_name"},
		"batch of nobody": {change(func(t *applet.Transfer) { t.PayeeName, t.PayeeAccount, t.Batch = "", "", &applet.Batch{} }),
			applet.ReasonForm, "batch_count"},
		"no title":        {about(applet.Document{Algorithm: applet.SHA256, Hash: hash}), applet.ReasonMissing, "title"},
		"hash algorithm":  {about(applet.Document{Title: "x", Hash: hash}), applet.ReasonForm, "hash"},
		"short hash":      {about(applet.Document{Title: "x", Algorithm: applet.SHA256, Hash: hash[1:]}), applet.ReasonForm, "hash"},
		"short challenge": {about(applet.Login{Challenge: hash[:15]}), applet.ReasonForm, "challenge"},
		"long challenge":  {about(applet.Login{Challenge: bytes.Repeat(hash, 3)}), applet.ReasonForm, "challenge"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.statement.Compose()
			wantRefused(t, err, c.reason, c.field)
		})
	}
}

// TestHashRefused: a hash from outside never reaches a transaction key, and its text has the same rules.
func TestHashRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change        func(*applet.SignHash)
		reason, field string
	}{
		"transaction key": {func(c *applet.SignHash) { c.Kind = applet.KindTransaction }, applet.ReasonForm, "kind"},
		"no kind":         {func(c *applet.SignHash) { c.Kind = 0 }, applet.ReasonForm, "kind"},
		"party":           {func(c *applet.SignHash) { c.Party = "" }, applet.ReasonMissing, "party"},
		"text":            {func(c *applet.SignHash) { c.Text = "登录\n确认" }, applet.ReasonControl, "text"},
		"long text":       {func(c *applet.SignHash) { c.Text = strings.Repeat("x", 101) }, applet.ReasonTooLong, "text"},
		"end":             {func(c *applet.SignHash) { c.NotAfter = time.Time{} }, applet.ReasonForm, "not_after"},
		"hash":            {func(c *applet.SignHash) { c.Hash = c.Hash[:20] }, applet.ReasonForm, "hash"},
		"algorithm":       {func(c *applet.SignHash) { c.Algorithm = 9 }, applet.ReasonForm, "hash"},
		"language":        {func(c *applet.SignHash) { c.Language = 2 }, applet.ReasonForm, "language"},
	} {
		command := signHash()
		c.change(&command)
		_, err := command.Compose()
		t.Run(name, func(t *testing.T) { wantRefused(t, err, c.reason, c.field) })
	}
}

func TestEnrolRefused(t *testing.T) {
	for field, change := range map[string]func(*applet.Enrol){
		"party":    func(c *applet.Enrol) { c.Party = "银行\u200B" },
		"kind":     func(c *applet.Enrol) { c.Kind = 4 },
		"language": func(c *applet.Enrol) { c.Language = 2 },
	} {
		command := enrol()
		change(&command)
		if _, err := command.Compose(); simtrust.KindOf(err) != simtrust.KindInvalid || applet.FieldOf(err) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
