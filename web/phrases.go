package web

// phrases holds every text by key and language.
var phrases = map[string]map[string]string{
	"consent.title":   {"zh": "本机号码登录", "en": "Log in with this number"},
	"consent.lead":    {"zh": "申请使用本机号码登录", "en": "asks you to log in with this phone's number"},
	"consent.number":  {"zh": "本机号码", "en": "This phone's number"},
	"consent.asked":   {"zh": "登录后，该应用将获得：", "en": "The app will receive:"},
	"consent.purpose": {"zh": "用途：", "en": "Purpose: "},
	"consent.allow":   {"zh": "本机号码一键登录", "en": "One-key login"},
	"consent.deny":    {"zh": "暂不登录", "en": "Not now"},
	"consent.note":    {"zh": "号码由运营商通过本机数据连接确认，无需密码和短信验证码。每个应用看到的身份各不相同。", "en": "The operator confirms the number by this phone's data connection: no password, no text message. Every app sees a different identity."},
	"consent.wrong":   {"zh": "不是您的号码？您可能连接了他人的热点，请不要继续。", "en": "Not your number? You may be on somebody's hotspot. Do not go on."},
	"nonet.title":     {"zh": "请使用手机流量", "en": "Switch to mobile data"},
	"nonet.lead":      {"zh": "当前网络无法确认本机号码。", "en": "This connection does not tell which number you have."},
	"nonet.step1":     {"zh": "关闭无线局域网（Wi-Fi）和代理（VPN）", "en": "Turn off Wi-Fi and VPN"},
	"nonet.step2":     {"zh": "打开移动数据；双卡手机请选用要登录的号码", "en": "Turn on mobile data; on a phone with two SIMs choose the number to log in with"},
	"nonet.step3":     {"zh": "回到本页重试", "en": "Come back here and try again"},
	"nonet.retry":     {"zh": "重试", "en": "Try again"},
	"nonet.back":      {"zh": "返回应用，用其他方式登录", "en": "Back to the app, log in another way"},
	"problem.title":   {"zh": "无法继续登录", "en": "The login cannot go on"},
	"problem.lead":    {"zh": "应用发来的请求有误，您的号码没有被透露。请返回应用重新开始。", "en": "The app sent a request that cannot be accepted. Your number was not disclosed. Go back to the app and start again."},
	"problem.detail":  {"zh": "给应用开发者的信息", "en": "For the app's developer"},
	"problem.back":    {"zh": "返回", "en": "Back"},
	"shop.title":      {"zh": "山茶小店", "en": "Camellia shop"},
	"shop.lead":       {"zh": "演示商店：用本机号码登录，不需要密码。", "en": "A demo shop: log in with your own number, no password."},
	"shop.login":      {"zh": "本机号码一键登录", "en": "One-key login"},
	"shop.tea":        {"zh": "明前龙井 50 克", "en": "Longjing tea, 50 g"},
	"shop.cup":        {"zh": "青瓷品茗杯", "en": "Celadon tea cup"},
	"shop.hello":      {"zh": "欢迎光临", "en": "Welcome"},
	"shop.new":        {"zh": "新顾客，已为您建立账户", "en": "New customer: you have an account now"},
	"shop.again":      {"zh": "老顾客，欢迎回来", "en": "Welcome back"},
	"shop.no":         {"zh": "顾客编号", "en": "Customer no."},
	"shop.since":      {"zh": "首次光临", "en": "Customer since"},
	"shop.visits":     {"zh": "登录次数", "en": "Logins"},
	"shop.subject":    {"zh": "本店看到的身份（sub）", "en": "Who you are to this shop (sub)"},
	"shop.logout":     {"zh": "退出登录", "en": "Log out"},
	"nologin.title":   {"zh": "您没有登录", "en": "You are not logged in"},
	"nologin.denied":  {"zh": "小店没有得到您的号码。您可以继续逛，想登录时再回来。", "en": "The shop did not learn your number. Look around, and log in whenever you like."},
	"nologin.failed":  {"zh": "登录没有完成，请重新开始。", "en": "The login was not completed. Please start again."},
	"nologin.home":    {"zh": "继续逛", "en": "Back to the shop"},
	"desk.title":      {"zh": "号码柜台", "en": "Number desk"},
	"desk.lead":       {"zh": "模拟运营商。每个按钮都会向服务器发送真实的号码事件或 RADIUS 报文。", "en": "The simulated operator. Every button sends the server a real feed event or RADIUS packet."},
	"desk.done":       {"zh": "已完成", "en": "Done"},
	"desk.refused":    {"zh": "该操作不适用于此号码的当前状态", "en": "Not possible in the number's present state"},
	"desk.unknown":    {"zh": "没有这个操作", "en": "No such action"},
	"desk.free":       {"zh": "空号", "en": "free"},
	"desk.online":     {"zh": "在线", "en": "online"},
	"desk.offline":    {"zh": "离线", "en": "offline"},
	"desk.previous":   {"zh": "前任机主", "en": "earlier holders"},
	"desk.shop":       {"zh": "打开演示商店", "en": "Open the demo shop"},
	"foot":            {"zh": "simtrust · 以手机号码为根的可信身份", "en": "simtrust · trust rooted in the mobile number"},
}

// scopePhrase says what a scope gives, or what a purpose is, in the person's language; a scope without a phrase is shown as it is.
func scopePhrase(lang, scope string) string {
	if p, ok := scopePhrases[scope]; ok {
		return p[lang]
	}
	return scope
}

var scopePhrases = map[string]map[string]string{
	"openid":                 {"zh": "仅用于该应用的身份标识", "en": "an identity that only this app sees"},
	"phone":                  {"zh": "您的手机号码", "en": "your mobile number"},
	"number-recycling:check": {"zh": "该号码是否换过机主", "en": "whether this number has changed hands"},
	"account:move":           {"zh": "把您的账户移到您的另一个号码", "en": "moving your account to another number of yours"},
	"account:consent":        {"zh": "撤回您给应用的授权", "en": "taking back what you agreed to for apps"},

	"dpv:FraudPreventionAndDetection": {"zh": "防范和发现欺诈", "en": "prevention and detection of fraud"},
	"dpv:RequestedServiceProvision":   {"zh": "提供您所要求的服务", "en": "the service you asked for"},
	"dpv:Marketing":                   {"zh": "营销", "en": "marketing"},
}
