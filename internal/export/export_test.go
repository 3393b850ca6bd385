package export

// UUID5 is uuid5, for tests.
func UUID5(namespace, name string) string { return uuid5(namespace, name) }
