package attribute

import "github.com/oschwald/maxminddb-golang/v2"

// ParseDatabase is OpenDatabase of a file in memory.
func ParseDatabase(data []byte) (*Database, error) {
	r, err := maxminddb.OpenBytes(data)
	if err != nil {
		return nil, err
	}
	return checked(r, "fuzzed")
}
