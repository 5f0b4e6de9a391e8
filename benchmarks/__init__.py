"""Side-by-side measurements; each prints the ratio it is about. Not tests: they take minutes. Law: both sides run."""
