package jsonscan

// Left is how many bytes of a text are still in the buffers.
func (s *Scanner) Left() (n int) {
	for _, part := range [][]byte{s.buffer[:], s.held[:]} {
		for _, c := range part {
			if c != 0 {
				n++
			}
		}
	}
	return n
}
