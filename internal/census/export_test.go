package census

// What the tests of the package need to know about its insides.
var (
	RoundLength = roundLength
)
