package gsma

// Menu is what always stands below a conversation with a chatbot: entries, and menus with entries of their own.
type Menu struct {
	// DisplayText is empty at the top.
	DisplayText string      `json:"displayText,omitzero"`
	Entries     []MenuEntry `json:"entries"`
}

// MenuEntry is exactly one of a reply, an action and a menu.
type MenuEntry struct {
	Suggestion
	Menu *Menu `json:"menu,omitzero"`
}
