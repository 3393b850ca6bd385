package scope

import _ "embed"

// template is a scope file to begin with: prose after "# ", settings that may
// be used after "#" alone, with their defaults where they have any.
//
//go:embed template.yaml
var template []byte

// Template is a commented scope file in which the authority and its dates are
// left open: Load refuses it until they are filled in.
func Template() []byte { return append([]byte(nil), template...) }
