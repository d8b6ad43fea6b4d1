package ui

// Link is an entry of a navigation; its word is that of the key nav.<Key>.
type Link struct{ Key, Path string }

// PublicNav is the navigation of the pages for customers.
var PublicNav = []Link{
	{"numbers", "/"},
	{"plans", "/plans"},
	{"promotions", "/promotions"},
	{"cart", "/cart"},
	{"help", "/help"},
	{"verify", "/verify"},
	{"contact", "/contact"},
	{"console", "/console"},
}

// OfficeNav is the navigation of the operator's pages.
var OfficeNav = []Link{
	{"live", "/"},
	{"office", "/office"},
	{"support", "/support"},
}
