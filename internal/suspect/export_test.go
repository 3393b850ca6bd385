package suspect

// ReadDemos is readDemos.
func ReadDemos(text string) (Demos, error) { return readDemos(text) }
