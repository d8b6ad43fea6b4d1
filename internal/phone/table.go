package phone

// rule says of which class a number is that starts with prefix and has
// between min and max digits in all, in national form (trunk 0 kept).
type rule struct {
	prefix   string
	min, max int
	class    Class
}

// rules of mainland China. The longest prefix that fits with its length wins.
var rules = []rule{
	// Mobile, eleven digits.
	{"13", 11, 11, Mobile}, {"14", 11, 11, Mobile}, {"15", 11, 11, Mobile},
	{"16", 11, 11, Mobile}, {"17", 11, 11, Mobile}, {"18", 11, 11, Mobile},
	{"19", 11, 11, Mobile},
	// Virtual operators (虚拟运营商).
	{"162", 11, 11, Virtual}, {"165", 11, 11, Virtual}, {"167", 11, 11, Virtual},
	{"170", 11, 11, Virtual}, {"171", 11, 11, Virtual},
	// Fixed lines with their area code: 010 and 02x have eight local digits,
	// the others seven or eight. A local number starts with 2 to 8; what
	// starts with 1 or 9 behind an area code is a local service (see short).
	{"010", 11, 11, Fixed},
	{"020", 11, 11, Fixed}, {"021", 11, 11, Fixed}, {"022", 11, 11, Fixed},
	{"023", 11, 11, Fixed}, {"024", 11, 11, Fixed}, {"025", 11, 11, Fixed},
	{"027", 11, 11, Fixed}, {"028", 11, 11, Fixed}, {"029", 11, 11, Fixed},
	{"03", 11, 12, Fixed}, {"04", 11, 12, Fixed}, {"05", 11, 12, Fixed},
	{"06", 11, 12, Fixed}, {"07", 11, 12, Fixed}, {"08", 11, 12, Fixed},
	{"09", 11, 12, Fixed},
	// Services paid in part or whole by the called side.
	{"400", 10, 10, Service}, {"800", 10, 10, Service},
	// Short codes: emergency and carrier lines, 95xxx, 96xxx, SMS ports.
	{"1", 3, 5, Short},
	{"95", 5, 8, Short}, {"96", 5, 8, Short},
	{"106", 6, 20, Short}, {"118", 5, 8, Short}, {"116", 5, 8, Short},
	// Privacy numbers stand for a phone for a short time (隐私号, 15 digits).
	{"700", 15, 15, Privacy},
}

// accessPrefixes were dialled to choose a carrier or a cheaper way (IP 电话,
// 直拨); some switches still leave them in front of the caller's number.
var accessPrefixes = []string{
	"17900", "17901", "17908", "17909", "17910", "17911",
	"17950", "17951", "17960", "17961", "17968", "17969",
	"12593", "10193", "11808", "10131",
}

// withheld are the words that stand for a caller that is not told (RFC 3323
// §4.1 and what carriers send).
var withheld = map[string]bool{
	"": true, "anonymous": true, "unavailable": true, "restricted": true,
	"unknown": true, "private": true, "withheld": true, "nobody": true,
	"asserted-id-unavailable": true, "coinlinepayphone": true,
}
