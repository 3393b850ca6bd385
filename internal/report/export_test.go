package report

import (
	"bytes"
	"encoding/json"
)

// Reading a report back is for those who attack it.

// isSuppressed says whether a JSON value stands for a withheld one.
func isSuppressed(data []byte) bool { return bytes.Contains(data, []byte(`"suppressed"`)) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (n *Number) UnmarshalJSON(data []byte) error {
	*n = Number{Hidden: isSuppressed(data)}
	if n.Hidden {
		return nil
	}
	return json.Unmarshal(data, &n.N)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(data []byte) error {
	*f = Figure{Hidden: isSuppressed(data)}
	if f.Hidden {
		return nil
	}
	without := struct {
		WithoutCount int64 `json:"without_count"`
	}{}
	if err := json.Unmarshal(data, &without); err != nil {
		return err
	}
	f.WithoutCount = without.WithoutCount
	return json.Unmarshal(data, &f.Count)
}
