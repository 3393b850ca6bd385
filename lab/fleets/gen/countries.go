package main

// number is a figure of a country; modelled unless it was published.
type number struct {
	value     int64
	published bool
}

func pub(n int64) number { return number{n, true} }
func mod(n int64) number { return number{n, false} }

// later is a country's state in the follow-up of November 2019: how many of its
// open systems went off line and how many are new, and its figures then.
type later struct {
	gone, fresh                int
	records, linked, reachable number
}

// country is a row of the study's table. A figure whose value is 0 is filled
// with a share of what the totals leave over.
type country struct {
	iso2, name                 string
	open                       number
	records, linked, reachable number
	// viewers is how many of the open systems have an open web viewer.
	viewers int
	// withheld is how many systems answered without being open.
	withheld int
	after    later
}

// table lists the countries. Published figures are those that the press
// reprinted from the study of 16 September 2019; the others are modelled so
// that the published totals hold.
func table() []country {
	return []country{
		{"TR", "Turkey", pub(36), pub(4924141), pub(179533940), pub(178283858), 6, 0, later{gone: 14, fresh: 9, records: mod(2600000), linked: mod(90000000), reachable: mod(86000000)}},
		{"US", "United States", pub(187), pub(13700000), pub(303100000), pub(45800000), 14, 0, later{gone: 38, fresh: 41, records: mod(21800000), linked: pub(786000000), reachable: mod(114500000)}},
		{"IN", "India", mod(70), pub(627000), pub(105000000), pub(104100000), 6, 0, later{gone: 8, fresh: 22, records: pub(1010000), linked: pub(121000000), reachable: mod(98000000)}},
		{"BR", "Brazil", pub(34), pub(640000), pub(31100000), mod(15500000), 4, 0, later{gone: 6, fresh: 10, records: mod(1430000), linked: pub(42300000), reachable: mod(22000000)}},
		{"EC", "Ecuador", mod(5), pub(81000), pub(5300000), mod(5100000), 0, 0, later{gone: 0, fresh: 2, records: mod(260000), linked: mod(9600000), reachable: mod(8000000)}},
		{"AR", "Argentina", mod(7), pub(11800), pub(35400), mod(20000), 0, 0, later{gone: 2, fresh: 1}},
		{"ES", "Spain", mod(7), pub(17000), pub(53000), mod(31000), 0, 0, later{gone: 3}},
		{"CN", "China", pub(14), pub(279000), mod(9800000), mod(4000000), 2, 0, later{gone: 4, fresh: 3}},
		{"FR", "France", pub(7), pub(47500), mod(5900000), pub(2670000), 1, 0, later{gone: 4}},
		{"DE", "Germany", mod(6), mod(15000), mod(2100000), pub(1380000), 0, 0, later{gone: 6}},
		{"IT", "Italy", pub(10), mod(102900), mod(5800000), pub(1110000), 2, 0, later{gone: 4, fresh: 1}},
		{"CH", "Switzerland", pub(2), pub(1571), mod(245000), pub(231840), 0, 0, later{gone: 1}},
		{"MY", "Malaysia", pub(3), pub(19922), pub(1200000), mod(1100000), 0, 0, later{gone: 2}},
		{"GB", "United Kingdom", mod(4), pub(1500), mod(5600), pub(5000), 0, 0, later{gone: 4}},
		{"AU", "Australia", mod(4), pub(50000), mod(2600000), mod(1000000), 0, 0, later{gone: 2, fresh: 1}},
		{"NL", "Netherlands", pub(3), mod(38000), mod(1900000), mod(900000), 0, 0, later{gone: 1}},
		{"SK", "Slovakia", pub(1), mod(22000), mod(700000), mod(400000), 0, 0, later{}},
		{"JP", "Japan", mod(3), mod(60000), mod(2900000), mod(1600000), 0, 0, later{gone: 1, fresh: 1}},
		{"RU", "Russia", mod(12), mod(380000), mod(9500000), mod(4000000), 1, 0, later{gone: 4, fresh: 3}},
		{"ZA", "South Africa", mod(11), mod(1050000), mod(38000000), mod(17000000), 2, 0, later{gone: 1, fresh: 4, records: mod(2400000), linked: mod(61000000), reachable: mod(20000000)}},
		{"TH", "Thailand", mod(3), mod(69000), mod(2100000), mod(1200000), 0, 0, later{gone: 3}},
		{"VE", "Venezuela", mod(2), mod(21000), mod(420000), mod(310000), 0, 0, later{gone: 2}},
		{"CO", "Colombia", mod(8), mod(230000), mod(4000000), mod(1400000), 1, 0, later{gone: 2, fresh: 2}},
		modelled("KR", "South Korea", 15, 6, 2), modelled("MX", "Mexico", 12, 4, 2),
		modelled("PK", "Pakistan", 7, 2, 1), modelled("IR", "Iran", 16, 5, 2),
		modelled("TW", "Taiwan", 6, 2, 1), modelled("VN", "Vietnam", 5, 1, 1),
		modelled("ID", "Indonesia", 6, 2, 1), modelled("PH", "Philippines", 4, 1, 0),
		modelled("SA", "Saudi Arabia", 4, 1, 0), modelled("AE", "United Arab Emirates", 3, 3, 0),
		modelled("EG", "Egypt", 4, 1, 1), modelled("MA", "Morocco", 3, 3, 0),
		modelled("NG", "Nigeria", 2, 2, 0), modelled("KE", "Kenya", 2, 2, 0),
		modelled("GR", "Greece", 5, 2, 0), modelled("PT", "Portugal", 4, 2, 0),
		modelled("PL", "Poland", 6, 2, 1), modelled("CZ", "Czechia", 3, 1, 0),
		modelled("HU", "Hungary", 3, 1, 0), modelled("RO", "Romania", 5, 1, 0),
		modelled("BG", "Bulgaria", 3, 1, 0), modelled("UA", "Ukraine", 6, 3, 0),
		modelled("IL", "Israel", 3, 1, 0), modelled("CL", "Chile", 6, 2, 0),
		modelled("PE", "Peru", 5, 1, 0), modelled("BD", "Bangladesh", 3, 3, 0),
		modelled("LK", "Sri Lanka", 2, 2, 0), modelled("NZ", "New Zealand", 2, 2, 0),
		modelled("CA", "Canada", 6, 1, 0),
		// New in November.
		modelled("LB", "Lebanon", 0, 0, 2), modelled("UY", "Uruguay", 0, 0, 2),
		modelled("BO", "Bolivia", 0, 0, 2), modelled("DO", "Dominican Republic", 0, 0, 2),
		modelled("GT", "Guatemala", 0, 0, 2), modelled("AL", "Albania", 0, 0, 2),
		modelled("RS", "Serbia", 0, 0, 2), modelled("KZ", "Kazakhstan", 0, 0, 2),
		modelled("QA", "Qatar", 0, 0, 1),
	}
}

// modelled is a country of which nothing was published.
func modelled(iso2, name string, open int64, gone, fresh int) country {
	return country{iso2: iso2, name: name, open: mod(open), after: later{gone: gone, fresh: fresh}}
}

// totals are the published totals of a survey.
type totals struct {
	systems, open, countries   int64
	records, linked, reachable int64
	viewers                    int
}

var (
	september = totals{2300, 590, 52, 24_300_000, 737_000_000, 400_000_000, 39}
	november  = totals{0, 547, 50, 35_000_000, 1_193_404_000, 370_000_000, 39}
)
