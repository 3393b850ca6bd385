package assess

// Catalogue lists the checks, in the order in which they are made and shown.
func Catalogue() []Check {
	return []Check{
		LGD01, LGD02, LGD03, LGD04, LGD05, LGD06, LGD07, LGD08, LGD09, LGD10, LGD11, LGD12, LGD13,
		LGT01, LGT02, LGT03, LGT04,
		LGW01, LGW02, LGW03, LGW04, LGW05, LGW06, LGW07, LGW08, LGW09, LGW10, LGW11, LGW12,
		LGN01, LGN02,
	}
}

// Find returns the check of an ID, as "LG-D04".
func Find(id string) (Check, bool) {
	for _, c := range Catalogue() {
		if c.ID == id {
			return c, true
		}
	}
	return Check{}, false
}
